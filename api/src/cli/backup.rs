//! `bifrons backup` and `bifrons restore`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{failure::Failure, log, print::print, runtime::block_on};
use crate::{
    config::Config,
    db,
    state::{SECRETS_FILE, lock},
};

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
    let secret = if config.tokens.secrets.is_empty() {
        config.data_dir.join(SECRETS_FILE).display().to_string()
    } else {
        "tokens.secrets".to_owned()
    };
    print(&format!(
        "{} is a copy of the database. It is of use with the server secret only: keep {secret} elsewhere\n",
        file.display()
    ))
}

pub(super) fn restore(Arguments { file, json }: &Arguments, config: &Config) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    let former = block_on(async {
        // No node starts in the middle.
        let _lock =
            lock(&config.data_dir).await.map_err(|error| Failure::Failed(format!("{}: {error}", config.data_dir.display())))?;
        db::restore(&config.database, file).await.map_err(Failure::new)
    })?;
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
