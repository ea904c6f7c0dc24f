//! `bifrons user`: what the operator does with users.

mod import;

use std::{path::PathBuf, sync::Arc};

use clap::{Args, Subcommand};

use super::{failure::Failure, print::print, runtime::block_on};
use crate::{
    accounts::{self, AdminAction},
    clock::Clock,
    config::Config,
    email_address::EmailAddress,
    state::AppState,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Import users with their password hashes
    #[command(after_help = "One JSON object per line: {\"email\": …, \"password_hash\": …, \"name\": …}; `name` is optional.\n\
        Hashes: Argon2, bcrypt ($2b$…), scrypt and PBKDF2 as PHC strings. The first sign-in of a user replaces the hash with Argon2id.\n\
        Existing users are not changed, so an interrupted import can be repeated.")]
    Import {
        /// A file with one JSON object per line
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// End all sessions of a user. The user can sign in again
    #[command(after_help = DELAY)]
    SignOut(UserArgument),
    /// End all sessions of a user and refuse further sign-ins
    #[command(after_help = DELAY)]
    Disable(UserArgument),
    /// Allow a disabled user to sign in again
    Enable(UserArgument),
}

const DELAY: &str = "Running nodes apply it within 5 s; a node that cannot reach the database, within 60 s.";

#[derive(Debug, Args)]
pub(super) struct UserArgument {
    /// E-mail address
    #[arg(value_name = "EMAIL")]
    email: String,
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    block_on(async {
        let state = Arc::new(AppState::open_existing(config.clone(), Clock::System).await.map_err(Failure::new)?);
        let done = match command {
            Command::Import { file } => import::run(&state, file).await,
            Command::SignOut(user) => apply(&state, AdminAction::SignOut, user).await,
            Command::Disable(user) => apply(&state, AdminAction::Disable, user).await,
            Command::Enable(user) => apply(&state, AdminAction::Enable, user).await,
        };
        state.db.clone().close().await.map_err(Failure::new)?;
        done
    })
}

async fn apply(state: &Arc<AppState>, action: AdminAction, UserArgument { email }: &UserArgument) -> Result<(), Failure> {
    let not_found = || Failure::Failed(format!("no user has the address {email}"));
    let address = EmailAddress::parse(email).map_err(|_| not_found())?;
    let ended = accounts::apply(state, action, &address).await.map_err(Failure::new)?.ok_or_else(not_found)?;
    let sessions = if ended == 1 { "1 session has ended".to_owned() } else { format!("{ended} sessions have ended") };
    print(&match action {
        AdminAction::SignOut => format!("{email} is signed out: {sessions}\n"),
        AdminAction::Disable => format!("{email} is disabled: {sessions}\n"),
        AdminAction::Enable => format!("{email} can sign in again\n"),
    })
}
