//! `bifrons deployment`.

use std::sync::Arc;

use clap::Subcommand;

use super::{failure::Failure, log, print::print, runtime::block_on};
use crate::{audit::Trail, clock::Clock, config::Config, db::Db, deployment, node_mark};

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
        let is_running = node_mark::is_any_running(&db).await.map_err(Failure::new)?;
        let reset =
            if is_running { Ok(()) } else { deployment::reset(&db, &Trail::of_command(Arc::default(), Clock::System)).await };
        db.close().await.map_err(Failure::new)?;
        if is_running {
            let remedy = "stop all nodes first; if one was killed, try again in ten seconds";
            return Err(Failure::Failed(format!("nothing was reset: a node uses the database; {remedy}")));
        }
        reset.map_err(Failure::new)
    })?;
    print("The next start records the secret and the public URL, and makes a signing key.\n")
}
