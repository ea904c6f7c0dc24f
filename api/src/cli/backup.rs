//! `bifrons backup` and `bifrons restore`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{failure::Failure, log, print::print, runtime::block_on};
use crate::{config::Config, db};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The copy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn backup(Arguments { file, json }: &Arguments, config: &Config) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    block_on(async { db::backup(&config.database, file).await.map_err(Failure::new) })?;
    if *json {
        return print(&format!("{}\n", json!({ "file": file })));
    }
    print(&format!("{} is a copy of the database. It needs the server secret: keep bifrons.key elsewhere\n", file.display()))
}

pub(super) fn restore(Arguments { file, json }: &Arguments, config: &Config) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    let former = block_on(async { db::restore(&config.database, file).await.map_err(Failure::new) })?;
    if *json {
        return print(&format!("{}\n", json!({ "file": file, "former": former })));
    }
    let former = former.as_deref().map(Path::display);
    let former = former.map(|former| format!("; the former one is {former}")).unwrap_or_default();
    print(&format!(
        "{} is the database now{former}. Sessions that ended since are live again: `bifrons sessions end --all` ends them\n",
        file.display()
    ))
}
