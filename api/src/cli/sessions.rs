//! `bifrons sessions`.

use std::{io::Write, sync::Arc};

use clap::{ArgGroup, Subcommand};
use serde_json::json;

use entity::UnixMillis;

use super::{failure::Failure, log, moment, print::print, runtime::block_on, user::connect_redis};
use crate::{
    accounts::{self, AdminAction},
    clock::Clock,
    config::Config,
    email_address::EmailAddress,
    sessions,
    state::AppState,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// End sessions; the nodes refuse them within 5 seconds
    #[command(group(ArgGroup::new("which").required(true).args(["all", "user", "before"])))]
    End {
        /// All sessions of all users
        #[arg(long)]
        all: bool,
        /// All sessions of the user with this address
        #[arg(long, value_name = "EMAIL", allow_hyphen_values = true)]
        user: Option<String>,
        /// The sessions that were opened before this moment: 2026-01-31T09:00:00Z
        #[arg(long, value_name = "TIME", value_parser = moment::parse)]
        before: Option<UnixMillis>,
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    let Command::End { user, before, json, .. } = command;
    let _log = log::start_for_command(config.log)?;
    let ended = block_on(async {
        let state = Arc::new(AppState::open_existing(config.clone(), Clock::System).await.map_err(Failure::new)?);
        connect_redis(&state).await;
        let ended = match user {
            Some(email) => end_of_user(&state, email).await,
            None => end_before(&state, before.unwrap_or(UnixMillis(i64::MAX))).await,
        };
        state.db.clone().close().await.map_err(Failure::new)?;
        ended
    })?;
    if *json {
        return print(&format!("{}\n", json!({ "sessions_ended": ended })));
    }
    print(&if ended == 1 { "1 session has ended\n".to_owned() } else { format!("{ended} sessions have ended\n") })
}

async fn end_of_user(state: &Arc<AppState>, email: &str) -> Result<u64, Failure> {
    let not_found = || Failure::Failed(format!("no user has the address {email}"));
    let address = EmailAddress::parse_stored(email).ok_or_else(not_found)?;
    accounts::apply(state, AdminAction::SignOut, &address).await.map_err(Failure::new)?.ok_or_else(not_found)
}

async fn end_before(state: &Arc<AppState>, before: UnixMillis) -> Result<u64, Failure> {
    let progress = |count: u64| drop(writeln!(std::io::stderr(), "… {count} sessions have ended"));
    sessions::end_before(state, before, progress).await.map_err(Failure::new)
}
