//! `bifrons user`: what the operator does with users.

mod import;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use serde_json::json;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::{failure::Failure, log, print::print, runtime::block_on};
use crate::{
    accounts::{self, AdminAction},
    clock::Clock,
    config::Config,
    deployment,
    email_address::EmailAddress,
    secret::Password,
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
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// End all sessions of a user. The user can sign in again
    #[command(after_help = DELAY)]
    SignOut(UserArguments),
    /// End all sessions of a user and refuse further sign-ins
    #[command(after_help = DELAY)]
    Disable(UserArguments),
    /// Allow a disabled user to sign in again
    Enable(UserArguments),
    /// Send a user the mail to choose a new password with
    #[command(after_help = "A running node sends the mail. Without an account at the address nothing is sent.")]
    SendReset(UserArguments),
    /// Remove the second factors of a user who lost them. A mail tells the user
    #[command(after_help = "Make sure of who asks: afterwards the password alone signs in. A running node sends the mail.")]
    ResetFactors(UserArguments),
    /// Set the password of a user, one line on standard input; all their sessions end
    #[command(after_help = DELAY)]
    SetPassword(UserArguments),
}

const DELAY: &str = "With Redis, running nodes apply it immediately, otherwise within 5 s.";

#[derive(Debug, Args)]
pub(super) struct UserArguments {
    /// E-mail address
    #[arg(value_name = "EMAIL", allow_hyphen_values = true)]
    email: String,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// How long a command waits for Redis. Without it, the nodes learn of the change by polling.
const REDIS_TIMEOUT: Duration = Duration::from_secs(2);

/// Connects to Redis, if it is configured, so that the nodes learn of the change immediately.
pub(super) async fn connect_redis(state: &Arc<AppState>) {
    let Some(redis) = state.redis.clone() else { return };
    let connecting = redis.clone();
    tokio::spawn(async move { connecting.keep_linked().await });
    let connected = async {
        while !redis.is_linked() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    if timeout(REDIS_TIMEOUT, connected).await.is_err() {
        tracing::warn!("not connected to Redis: the nodes learn of changes by polling, within 5 s");
    }
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    block_on(async {
        let state = Arc::new(AppState::open_existing(config.clone(), Clock::System).await.map_err(Failure::new)?);
        connect_redis(&state).await;
        let done = match command {
            Command::Import { file, json } => import::run(&state, file, *json).await,
            Command::SignOut(user) => apply(&state, AdminAction::SignOut, user).await,
            Command::Disable(user) => apply(&state, AdminAction::Disable, user).await,
            Command::Enable(user) => apply(&state, AdminAction::Enable, user).await,
            Command::SendReset(user) => send_reset(&state, user).await,
            Command::ResetFactors(user) => reset_factors(&state, user).await,
            Command::SetPassword(user) => set_password(&state, user).await,
        };
        state.db.clone().close().await.map_err(Failure::new)?;
        done
    })
}

async fn apply(state: &Arc<AppState>, action: AdminAction, UserArguments { email, json }: &UserArguments) -> Result<(), Failure> {
    let not_found = || Failure::Failed(format!("no user has the address {email}"));
    let address = EmailAddress::parse_stored(email).ok_or_else(not_found)?;
    let ended = accounts::apply(state, action, &address).await.map_err(Failure::new)?.ok_or_else(not_found)?;
    if *json {
        let action = match action {
            AdminAction::SignOut => "sign_out",
            AdminAction::Disable => "disable",
            AdminAction::Enable => "enable",
        };
        return print(&format!("{}\n", json!({ "email": address.as_typed(), "action": action, "sessions_ended": ended })));
    }
    let sessions = sessions_ended(ended);
    print(&match action {
        AdminAction::SignOut => format!("{email} is signed out: {sessions}\n"),
        AdminAction::Disable => format!("{email} is disabled: {sessions}\n"),
        AdminAction::Enable => format!("{email} can sign in again\n"),
    })
}

async fn send_reset(state: &Arc<AppState>, UserArguments { email, json }: &UserArguments) -> Result<(), Failure> {
    let not_found = || Failure::Failed(format!("no user has the address {email}, or the user is disabled"));
    let address = EmailAddress::parse_stored(email).ok_or_else(not_found)?;
    if !accounts::send_password_reset(state, &address).await.map_err(Failure::new)? {
        return Err(not_found());
    }
    if *json {
        return print(&format!("{}\n", json!({ "email": address.as_typed(), "action": "send_reset" })));
    }
    print(&format!("a mail to {email} is on its way\n"))
}

async fn reset_factors(state: &Arc<AppState>, UserArguments { email, json }: &UserArguments) -> Result<(), Failure> {
    let not_found = || Failure::Failed(format!("no user has the address {email}"));
    let address = EmailAddress::parse_stored(email).ok_or_else(not_found)?;
    check_mail_can_be_read(state, "the second factors were not removed").await?;
    let had_any = accounts::reset_second_factors(state, &address).await.map_err(Failure::new)?.ok_or_else(not_found)?;
    if *json {
        let printed = json!({ "email": address.as_typed(), "action": "reset_factors", "had_any": had_any });
        return print(&format!("{printed}\n"));
    }
    let done = if had_any { "signs in with the password alone; a mail tells the user" } else { "has no second factor" };
    print(&format!("{email} {done}\n"))
}

/// The mail about a change is sealed for the nodes.
async fn check_mail_can_be_read(state: &AppState, undone: &str) -> Result<(), Failure> {
    if deployment::signs_with_newest(&state.db, &state.secrets).await.map_err(Failure::new)? {
        return Ok(());
    }
    Err(Failure::Failed(format!(
        "{undone}: the nodes could not read the mail that tells the user; give this command their tokens.secrets or bifrons.key, with \
         the one that they sign with first"
    )))
}

async fn set_password(state: &Arc<AppState>, UserArguments { email, json }: &UserArguments) -> Result<(), Failure> {
    let not_found = || Failure::Failed(format!("no user has the address {email}"));
    let address = EmailAddress::parse_stored(email).ok_or_else(not_found)?;
    check_mail_can_be_read(state, "the password was not set").await?;
    let mut typed = Zeroizing::new(String::new());
    io::stdin().read_line(&mut typed).map_err(Failure::new)?;
    let password = Password::new(typed.trim_end_matches(['\r', '\n']).to_owned());
    let set = accounts::set_password(state, &address, password).await;
    let ended = set.map_err(|error| Failure::Failed(format!("the password was not set: {error}")))?.ok_or_else(not_found)?;
    if *json {
        let printed = json!({ "email": address.as_typed(), "action": "set_password", "sessions_ended": ended });
        return print(&format!("{printed}\n"));
    }
    print(&format!("{email} has a new password: {}\n", sessions_ended(ended)))
}

fn sessions_ended(count: u64) -> String {
    if count == 1 { "1 session has ended".to_owned() } else { format!("{count} sessions have ended") }
}
