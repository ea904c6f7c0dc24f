//! `bifrons keys`: the keys that sign access tokens.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{failure::Failure, log, print::print, runtime::block_on};
use crate::{
    administration::{ChangeKeyError, retire_key, rotate_key},
    authorization::Operator,
    clock::{Clock, rfc_3339},
    config::Config,
    db::Db,
    deployment,
    mail::written,
    secret::read_key_file,
    signing_keys::{self, Listed, PUBLISHED_FOR, READ_BY_ALL_AFTER, Rotation, Stage},
    state::AppState,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the keys: published, signing, retired
    List(Output),
    /// Make the next key. It signs in ten minutes, after every verifier has learned of it
    Rotate {
        /// Let it sign as soon as every node has read it, and wait for that: twenty seconds. Services that cached the JWKS may refuse its
        /// tokens for five minutes
        #[arg(long)]
        now: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Add a key of your own. It signs in ten minutes
    Import {
        /// A private key in PKCS#8 PEM, of the nodes' algorithm: Ed25519 or P-256
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
    /// Remove a key that does not sign: its tokens are void within ten seconds
    Retire {
        /// The id of a key, as `list` shows it
        #[arg(value_name = "ID", allow_hyphen_values = true)]
        id: String,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Output {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    block_on(async {
        if let Command::List(output) = command {
            let db = Db::open_existing(&config.database).await.map_err(Failure::new)?;
            list(&db, *output).await?;
            return db.close().await.map_err(Failure::new);
        }
        let state = Arc::new(AppState::open_existing(config.clone(), Clock::System).await.map_err(Failure::new)?);
        let done = match command {
            Command::List(_) => Ok(()),
            Command::Rotate { now, output } => rotate(&state, *now, *output).await,
            Command::Import { file, output } => import(&state, file, *output).await,
            Command::Retire { id, output } => retire(&state, id, *output).await,
        };
        state.db.clone().close().await.map_err(Failure::new)?;
        done
    })
}

async fn list(db: &Db, Output { json }: Output) -> Result<(), Failure> {
    for key in signing_keys::list(db, Clock::System.now()).await.map_err(Failure::new)? {
        print(&if json { format!("{}\n", row(&key)) } else { line(&key) })?;
    }
    Ok(())
}

fn row(Listed { id, algorithm, signs_from, stage }: &Listed) -> Value {
    let (stage, until) = match stage {
        Stage::Published(_) => ("published", None),
        Stage::Signing => ("signing", None),
        Stage::Retired(until) => ("retired", Some(rfc_3339(*until))),
    };
    json!({ "id": id, "algorithm": algorithm, "stage": stage, "signs_from": rfc_3339(*signs_from), "published_until": until })
}

fn line(Listed { id, algorithm, signs_from, stage }: &Listed) -> String {
    let stage = match stage {
        Stage::Published(from) => format!("published, signs from {}", written(*from)),
        Stage::Signing => format!("signing since {}", written(*signs_from)),
        Stage::Retired(until) => format!("retired, published until {}", written(*until)),
    };
    format!("{id}  {algorithm}  {stage}\n")
}

async fn rotate(state: &Arc<AppState>, at_once: bool, output: Output) -> Result<(), Failure> {
    check_secret(state).await?;
    let now = state.clock.now();
    // A node that has not read the key yet would refuse its tokens.
    let signs_from = now.plus(if at_once { READ_BY_ALL_AFTER } else { PUBLISHED_FOR });
    let next = rotate_key(state, &Operator::CommandLine, signs_from).await.map_err(Failure::new)?;
    if at_once {
        let _ = writeln!(io::stderr(), "… {} seconds, until every node has read the key", READ_BY_ALL_AFTER.as_secs());
        tokio::time::sleep(READ_BY_ALL_AFTER).await;
    }
    published(&next, output)
}

async fn import(state: &AppState, file: &Path, output: Output) -> Result<(), Failure> {
    check_secret(state).await?;
    let pem = read_key_file(file).map_err(Failure::new)?;
    let imported = state.keyring().import(&pem, state.clock.now()).await;
    let next = imported.map_err(|error| Failure::Failed(format!("{} {error}", file.display())))?;
    published(&next, output)
}

fn published(next: &Rotation, Output { json }: Output) -> Result<(), Failure> {
    let Rotation { id, algorithm, signs_from } = next;
    let algorithm = algorithm.name();
    if json {
        return print(&format!("{}\n", json!({ "id": id, "algorithm": algorithm, "signs_from": rfc_3339(*signs_from) })));
    }
    print(&format!("the key {id} ({algorithm}) is published and signs from {}\n", written(*signs_from)))
}

async fn retire(state: &Arc<AppState>, id: &str, Output { json }: Output) -> Result<(), Failure> {
    retire_key(state, Operator::CommandLine, id).await.map_err(|error| match error {
        ChangeKeyError::NotFound => Failure::Failed(format!("no key has the id {id}; see `bifrons keys list`")),
        ChangeKeyError::Signs => {
            let what = "it signs now; run `bifrons keys rotate --now` first";
            Failure::Failed(format!("{id} was not removed: {what}"))
        }
        error => Failure::new(error),
    })?;
    if json {
        return print(&format!("{}\n", json!({ "id": id, "action": "retire" })));
    }
    print(&format!("the key {id} is removed; its tokens are void within ten seconds\n"))
}

/// The nodes could not read a key that is sealed under another secret.
async fn check_secret(state: &AppState) -> Result<(), Failure> {
    if deployment::signs_with_newest(&state.db, &state.secrets).await.map_err(Failure::new)? {
        return Ok(());
    }
    let what = "the nodes could not read a key that this command seals";
    Err(Failure::Failed(format!("{what}; give it their tokens.secrets or bifrons.key, with the one that they sign with first")))
}
