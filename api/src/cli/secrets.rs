//! `bifrons secrets`: what is sealed under the server secrets.

use std::sync::Arc;

use clap::Subcommand;
use serde_json::json;

use super::{failure::Failure, log, print::print, runtime::block_on};
use crate::{clock::Clock, config::Config, deployment, state::AppState};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Seal signing keys and waiting mail under the newest secret, so that the older ones can be removed
    Reseal {
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    let Command::Reseal { json } = command;
    let _log = log::start_for_command(config.log)?;
    let (keys, mails, lost) = block_on(async {
        let state = Arc::new(AppState::open_existing(config.clone(), Clock::System).await.map_err(Failure::new)?);
        let resealed = reseal(&state).await;
        state.db.clone().close().await.map_err(Failure::new)?;
        resealed
    })?;
    if *json {
        return print(&format!("{}\n", json!({ "signing_keys": keys, "mails": mails, "unreadable_mails": lost })));
    }
    let unreadable = if lost == 0 { String::new() } else { format!("; {lost} mails are sealed under a secret that is not given") };
    print(&format!("resealed {keys} signing keys and {mails} mails{unreadable}\n"))
}

async fn reseal(state: &AppState) -> Result<(u64, u64, u64), Failure> {
    if !deployment::signs_with_newest(&state.db, &state.secrets).await.map_err(Failure::new)? {
        let what = "the nodes do not sign with the first secret of this command";
        return Err(Failure::Failed(format!("{what}; first restart all nodes with it as the first of tokens.secrets")));
    }
    let keys = state.keyring().reseal().await.map_err(Failure::new)?;
    let (mails, lost) = state.outbox.reseal(&state.db).await.map_err(Failure::new)?;
    Ok((keys, mails, lost))
}
