//! `bifrons deployment`.

use clap::Subcommand;

use super::{failure::Failure, log, print::print, runtime::block_on};
use crate::{config::Config, db::Db, deployment};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Forget the secret and the public URL that all nodes must share, and the signing keys; the next start records and makes its own
    #[command(
        after_help = "Run this after a secret was lost or the public URL changed, while all nodes are stopped. Access tokens become void."
    )]
    Reset,
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    let Command::Reset = command;
    let _log = log::start_for_command(config.log)?;
    block_on(async {
        let db = Db::open_existing(&config.database).await.map_err(Failure::new)?;
        deployment::reset(&db).await.map_err(Failure::new)?;
        db.close().await.map_err(Failure::new)
    })?;
    print("The next start records the secret and the public URL, and makes a signing key.\n")
}
