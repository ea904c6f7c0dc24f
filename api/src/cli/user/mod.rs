//! `bifrons user`: what operators do with users.

mod act;
mod create;
mod export;
mod import;
mod list;
mod roles;
mod row;
mod show;
mod target;

use std::path::PathBuf;

use clap::Subcommand;

use super::{failure::Failure, nodes::beside_nodes};
use crate::{accounts::AdminAction, config::Config};
use target::UserArguments;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List users, newest first
    List(list::Arguments),
    /// Show a user
    Show(UserArguments),
    /// Create a user, and print a one-time link to choose the password with
    #[command(
        after_help = "The link works for admin.invitation_lifetime, and does not verify the address. The first administrator:\n\
        bifrons user create --email ada@example.org --role admin"
    )]
    Create(create::Arguments),
    /// Create a user, and send them a mail to choose the password with
    #[command(
        after_help = "The mail verifies the address. A running node sends it. To send it again: bifrons user resend-invitation"
    )]
    Invite(create::Arguments),
    /// Send the invitation of a user again. The former one is void
    #[command(after_help = "For a user who has not chosen a password. A running node sends the mail.")]
    ResendInvitation(UserArguments),
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
    /// Show or change the roles of a user
    #[command(after_help = DELAY)]
    Roles(roles::Arguments),
    /// List the live sessions of a user
    Sessions(UserArguments),
    /// Show the second factors of a user
    Factors(UserArguments),
    /// End all sessions of a user. The user can sign in again
    #[command(after_help = DELAY)]
    SignOut(UserArguments),
    /// End all sessions of a user and refuse further sign-ins
    #[command(after_help = DELAY)]
    Disable(UserArguments),
    /// Allow a disabled user to sign in again
    Enable(UserArguments),
    /// Send a user the mail to choose a new password with
    #[command(after_help = "A running node sends the mail. A disabled user gets none.")]
    SendReset(UserArguments),
    /// Remove the second factors of a user who lost them. A mail tells the user
    #[command(after_help = "Make sure of who asks: afterwards the password alone signs in. A running node sends the mail.")]
    ResetFactors(UserArguments),
    /// Set the password of a user, one line on standard input; all their sessions end
    #[command(after_help = DELAY)]
    SetPassword(UserArguments),
    /// Print everything that is stored about a user, as JSON
    Export(UserArguments),
    /// Delete a user with all personal data and all their sessions, at once
    #[command(after_help = DELAY)]
    Delete(UserArguments),
}

const DELAY: &str = "With Redis, running nodes apply it immediately, otherwise within 5 s.";

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    beside_nodes(config, async |state| match command {
        Command::List(arguments) => list::run(state, arguments).await,
        Command::Show(user) => show::show(state, user).await,
        Command::Create(arguments) => create::create(state, arguments).await,
        Command::Invite(arguments) => create::invite(state, arguments).await,
        Command::ResendInvitation(user) => create::resend(state, user).await,
        Command::Import { file, json } => import::run(state, file, *json).await,
        Command::Roles(arguments) => roles::run(state, arguments).await,
        Command::Sessions(user) => show::sessions(state, user).await,
        Command::Factors(user) => show::factors(state, user).await,
        Command::SignOut(user) => act::apply(state, AdminAction::SignOut, user).await,
        Command::Disable(user) => act::apply(state, AdminAction::Disable, user).await,
        Command::Enable(user) => act::apply(state, AdminAction::Enable, user).await,
        Command::SendReset(user) => act::send_reset(state, user).await,
        Command::ResetFactors(user) => act::reset_factors(state, user).await,
        Command::SetPassword(user) => act::set_password(state, user).await,
        Command::Export(user) => export::run(state, user).await,
        Command::Delete(user) => act::delete(state, user).await,
    })
}
