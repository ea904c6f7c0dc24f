//! `bifrons session`.

use std::{io::Write, sync::Arc};

use clap::{ArgGroup, Subcommand};
use entity::{SessionId, UnixMillis, UserId};
use serde_json::json;
use uuid::Uuid;

use super::{
    failure::Failure,
    find_user::find,
    id, moment,
    nodes::beside_nodes,
    print::{counted, print, print_none},
};
use crate::{
    accounts::{self, AdminAction, Instruction, OperatorError},
    authorization::Operator,
    config::Config,
    http::rows,
    mail::written,
    sessions,
    state::AppState,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the live sessions of a user, newest first
    List {
        /// E-mail address or id of the user
        #[arg(value_name = "USER", allow_hyphen_values = true)]
        user: String,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// End sessions; the nodes refuse them within 5 seconds
    #[command(group(ArgGroup::new("which").required(true).args(["id", "all", "user", "before"])))]
    End {
        /// The session with this id
        #[arg(value_name = "ID", value_parser = id::parse)]
        id: Option<Uuid>,
        /// All sessions of all users
        #[arg(long)]
        all: bool,
        /// All sessions of the user with this address or id
        #[arg(long, value_name = "USER", allow_hyphen_values = true)]
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
    beside_nodes(config, async |state| match command {
        Command::List { user, json } => list(state, find(state, user).await?.id, *json).await,
        Command::End { id, user, before, json, .. } => {
            let ended = match (id, user) {
                (Some(id), _) => end_one(state, SessionId(*id)).await,
                (None, Some(user)) => end_of_user(state, user).await,
                (None, None) => end_before(state, before.unwrap_or(UnixMillis(i64::MAX))).await,
            }?;
            if *json {
                return print(&format!("{}\n", json!({ "sessions_ended": ended })));
            }
            print(&format!("{}\n", sessions_ended(ended)))
        }
    })
}

/// How many sessions one query reads.
const PAGE: u64 = 200;

/// Prints the live sessions of a user.
pub(super) async fn list(state: &Arc<AppState>, user: UserId, json: bool) -> Result<(), Failure> {
    let mut before = None;
    loop {
        let page = sessions::list(state, user, before, PAGE).await.map_err(Failure::new)?;
        let Some(last) = page.last() else {
            if before.is_none() && !json {
                print_none("there is no live session of the user");
            }
            return Ok(());
        };
        before = Some(last.id);
        let lines = page.into_iter().map(|session| {
            if json {
                return format!("{}\n", rows::session(state, session));
            }
            let (id, mode, ip) = (session.id.0, session.mode.name(), session.ip.as_deref());
            let (since, last) = (written(session.created_at), written(session.last_seen_at));
            let agent = session.user_agent.as_deref().unwrap_or_default();
            format!("{id}  {mode}  since {since}, used {last}  {}  {agent}\n", ip.unwrap_or("-"))
        });
        print(&lines.collect::<String>())?;
    }
}

async fn end_one(state: &Arc<AppState>, id: SessionId) -> Result<u64, Failure> {
    match accounts::end_session(state, Operator::CommandLine, id).await {
        Ok(()) => Ok(1),
        Err(OperatorError::NotFound) => Err(Failure::Failed(format!("no live session has the id {}", id.0))),
        Err(error) => Err(Failure::new(error)),
    }
}

async fn end_of_user(state: &Arc<AppState>, written: &str) -> Result<u64, Failure> {
    let user = find(state, written).await?.id;
    let instruction = Instruction { by: Operator::CommandLine, user, versions: None };
    accounts::apply(state, instruction, AdminAction::SignOut).await.map_err(Failure::new)
}

async fn end_before(state: &Arc<AppState>, before: UnixMillis) -> Result<u64, Failure> {
    let progress = |count: u64| drop(writeln!(std::io::stderr(), "… {}", sessions_ended(count)));
    sessions::end_before(state, before, progress).await.map_err(Failure::new)
}

/// How many sessions ended, in words.
pub(super) fn sessions_ended(count: u64) -> String {
    format!("{} {} ended", counted(count, "session"), if count == 1 { "has" } else { "have" })
}
