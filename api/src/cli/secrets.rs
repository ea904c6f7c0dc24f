//! `bifrons secrets`: what is sealed under the server secrets.

use std::sync::Arc;

use clap::Subcommand;
use serde_json::json;

use super::{
    failure::Failure,
    log,
    print::{counted, print},
    runtime::block_on,
};
use crate::{
    clock::Clock,
    config::Config,
    deployment,
    maintenance::{self, Resealed},
    state::AppState,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Seal signing keys, secrets of authenticator apps and webhooks, and waiting mail under the newest secret, so that the older ones can be removed
    Reseal {
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    let Command::Reseal { json } = command;
    let _log = log::start_for_command(config.log)?;
    let Resealed { keys, factors, mails, webhooks, lost_factors, lost_mails, lost_webhooks } = block_on(async {
        let state = Arc::new(AppState::open_existing(config.clone(), Clock::System).await.map_err(Failure::new)?);
        let resealed = reseal(&state).await;
        state.db.clone().close().await.map_err(Failure::new)?;
        resealed
    })?;
    if *json {
        let printed = json!({
            "signing_keys": keys, "second_factors": factors, "mails": mails, "webhooks": webhooks,
            "unreadable_second_factors": lost_factors, "unreadable_mails": lost_mails, "unreadable_webhooks": lost_webhooks,
        });
        print(&format!("{printed}\n"))?;
    } else {
        let (keys, factors) = (counted(keys, "signing key"), counted(factors, "second factor"));
        let (mails, webhooks) = (counted(mails, "mail"), counted(webhooks, "webhook"));
        print(&format!("resealed {keys}, {factors}, {mails} and {webhooks}\n"))?;
    }
    if lost_factors + lost_mails + lost_webhooks == 0 {
        return Ok(());
    }
    let (factors, mails, webhooks) =
        (counted(lost_factors, "second factor"), counted(lost_mails, "mail"), counted(lost_webhooks, "webhook"));
    Err(Failure::Failed(format!(
        "sealed under a secret that is not given: {factors}, {mails} and {webhooks}; keep \
         the former secret in tokens.secrets and repeat. If it is lost, users need a recovery code or `bifrons user reset-factors`, the \
         mails `bifrons mail discard`, and the webhooks `bifrons webhook rotate`"
    )))
}

async fn reseal(state: &Arc<AppState>) -> Result<Resealed, Failure> {
    if !deployment::signs_with_newest(&state.db, &state.secrets).await.map_err(Failure::new)? {
        let what = "the nodes do not sign with the first secret of this command";
        return Err(Failure::Failed(format!("{what}; first restart all nodes with it as the first of tokens.secrets")));
    }
    maintenance::reseal(state).await.map_err(Failure::new)
}
