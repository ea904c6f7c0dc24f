//! `bifrons user`: what whoever runs the service does about its users.

mod import;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, block_on, print};
use crate::{
    account::{self, Measure},
    clock::Clock,
    config::Config,
    db::Db,
    email_address::EmailAddress,
    state::lock,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Bring users along from other software, with the password hashes they have
    #[command(
        after_help = "One JSON object a line: {\"email\": …, \"password_hash\": …, \"name\": …}, the name if there is one.\n\
        Hashes: Argon2, bcrypt ($2b$…), scrypt and PBKDF2 as PHC strings. Each is replaced by Argon2id when its owner signs in.\n\
        Whoever has an address already keeps their account as it is, so a broken import can be run again."
    )]
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// End all sessions of a user; they may sign in again
    #[command(after_help = HEARD)]
    SignOut(Who),
    /// End all sessions of a user, and let them sign in no more
    #[command(after_help = HEARD)]
    Disable(Who),
    /// Let a user sign in again
    Enable(Who),
}

const HEARD: &str = "Nodes that run hear of it within 5 s; one that is cut off from the database, within a minute.";

#[derive(Debug, Args)]
pub(super) struct Who {
    /// Their e-mail address
    #[arg(value_name = "EMAIL")]
    email: String,
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    block_on(async {
        let alone = lock(&config.data_dir)
            .map_err(|error| Failure::Failed(format!("cannot use the data folder {}: {error}", config.data_dir.display())))?;
        let db = Db::open(&config.database).await.map_err(Failure::new)?;
        // The schema is there: others may start meanwhile.
        drop(alone);
        let done = match command {
            Command::Import { file } => import::run(&db, file).await,
            Command::SignOut(who) => take(&db, Measure::SignOut, who).await,
            Command::Disable(who) => take(&db, Measure::Disable, who).await,
            Command::Enable(who) => take(&db, Measure::Enable, who).await,
        };
        db.close().await.map_err(Failure::new)?;
        done
    })
}

async fn take(db: &Db, measure: Measure, Who { email }: &Who) -> Result<(), Failure> {
    let nobody = || Failure::Failed(format!("no user has the address {email}"));
    let address = EmailAddress::parse(email).map_err(|_| nobody())?;
    let ended = account::take(db, measure, &address, Clock::System.now()).await.map_err(Failure::new)?.ok_or_else(nobody)?;
    let sessions = if ended == 1 { "1 session has ended".to_owned() } else { format!("{ended} sessions have ended") };
    print(&match measure {
        Measure::SignOut => format!("{email} is signed out: {sessions}\n"),
        Measure::Disable => format!("{email} is disabled: {sessions}\n"),
        Measure::Enable => format!("{email} may sign in\n"),
    })
}
