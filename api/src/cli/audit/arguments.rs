//! The arguments of `bifrons audit`.

use std::time::Duration;

use clap::Args;
use entity::{SessionId, UnixMillis, UserId, audit_event::ActorKind};
use uuid::Uuid;

use crate::{audit::Event, cli::moment, config::duration};

/// A name that is less alike is no useful suggestion.
const ALIKE: f64 = 0.75;

/// The maximum number of suggested names.
const SUGGESTED: usize = 3;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    bifrons audit --user ada@example.org --event signed_in --since 7d      who signed in as this user, from where\n  \
    bifrons audit --user ada@example.org --event user_disabled             who disabled this account\n  \
    bifrons audit --user ada@example.org --since 2026-01-31T14:30:00Z --until 2026-01-31T14:35:00Z\n  \
                                                                         why was this user signed out at 14:32\n  \
    bifrons audit --json --since 30d > audit.jsonl                         export\n\n\
    Newest first. docs/observability.md lists the events. Refusals that are alike share a row: ×12.")]
pub(in crate::cli) struct Arguments {
    /// What is about the user with this address or id
    #[arg(long, value_name = "EMAIL|ID", allow_hyphen_values = true, value_parser = user)]
    pub(super) user: Option<UserArgument>,
    /// What this actor did: user, operator, key, system; operator:NAME, key:ID; or the address or id of a user
    #[arg(long, value_name = "ACTOR", allow_hyphen_values = true, value_parser = actor)]
    pub(super) actor: Option<ActorArgument>,
    /// Only these events
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = event)]
    pub(super) event: Vec<Event>,
    /// What is about this session
    #[arg(long, value_name = "ID", value_parser = session)]
    pub(super) session: Option<SessionId>,
    /// Not before this time: 7d ago, or 2026-01-31T09:00:00Z
    #[arg(long, value_name = "AGE|TIME", value_parser = time)]
    pub(super) since: Option<Time>,
    /// Before this time: 1h ago, or 2026-01-31T09:00:00Z
    #[arg(long, value_name = "AGE|TIME", value_parser = time)]
    pub(super) until: Option<Time>,
    /// At most so many rows [default: 100; with --json all]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Debug)]
pub(super) enum UserArgument {
    Id(UserId),
    Email(String),
}

#[derive(Clone, Debug)]
pub(super) enum ActorArgument {
    Kind(ActorKind, Option<String>),
    User(UserArgument),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Time {
    Ago(Duration),
    At(UnixMillis),
}

impl Time {
    pub(super) fn before(self, now: UnixMillis) -> UnixMillis {
        match self {
            Self::Ago(age) => now.minus(age),
            Self::At(moment) => moment,
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a parser")]
fn user(text: &str) -> Result<UserArgument, String> {
    Ok(text.parse().map_or_else(|_| UserArgument::Email(text.to_owned()), |id: Uuid| UserArgument::Id(UserId(id))))
}

fn actor(text: &str) -> Result<ActorArgument, String> {
    let (kind, id) = text.split_once(':').map_or((text, None), |(kind, id)| (kind, Some(id.to_owned())));
    match ActorKind::named(kind) {
        Some(kind) => Ok(ActorArgument::Kind(kind, id)),
        None if text.contains('@') || text.parse::<Uuid>().is_ok() => Ok(ActorArgument::User(user(text)?)),
        None => Err("write user, operator, key or system, operator:NAME, key:ID, or the address or id of a user".to_owned()),
    }
}

fn session(text: &str) -> Result<SessionId, String> {
    text.parse().map(SessionId).map_err(|_| "write the id of a session, as `bifrons audit` and the log show it".to_owned())
}

fn time(text: &str) -> Result<Time, String> {
    let wrong = || "write an age of at most 400d as 30m, 24h or 7d, or a time as in RFC 3339: 2026-01-31T09:00:00Z".to_owned();
    duration(text).map(Time::Ago).or_else(|_| moment::parse(text).map(Time::At)).map_err(|_| wrong())
}

fn event(text: &str) -> Result<Event, String> {
    Event::named(text).ok_or_else(|| {
        let mut near: Vec<_> = Event::ALL.iter().map(|event| (strsim::jaro_winkler(event.name(), text), event.name())).collect();
        near.retain(|(alike, name)| *alike > ALIKE || name.contains(text));
        near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let near: Vec<_> = near.into_iter().take(SUGGESTED).map(|(_, name)| name).collect();
        if near.is_empty() {
            return "no event has this name; docs/observability.md lists them".to_owned();
        }
        format!("no event has this name; did you mean {}?", near.join(", "))
    })
}
