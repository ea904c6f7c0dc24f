//! A row of the audit trail, as the user sees it whom it is about.

use entity::audit_event::{ActorKind, Model};
use poem_openapi::{Enum, Object, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::model::{User, instant};
use crate::{audit::Event, http::response::timestamp::Timestamp};

/// What kind of actor caused it: `user` is a user, or a client that has not authenticated.
#[derive(Enum, Serialize)]
#[oai(rename = "ActorKind", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Kind {
    User,
    Operator,
    Key,
    System,
}

impl From<ActorKind> for Kind {
    fn from(kind: ActorKind) -> Self {
        match kind {
            ActorKind::User => Self::User,
            ActorKind::Operator => Self::Operator,
            ActorKind::Key => Self::Key,
            ActorKind::System => Self::System,
        }
    }
}

impl From<Kind> for ActorKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::User => Self::User,
            Kind::Operator => Self::Operator,
            Kind::Key => Self::Key,
            Kind::System => Self::System,
        }
    }
}

/// A row of the audit trail.
#[derive(Object)]
#[oai(rename = "ExportedAuditEvent", skip_serializing_if_is_none, example)]
pub(super) struct ExportedEvent {
    time: Timestamp,
    /// Its name, as operators read it. More names may be added.
    event: String,
    /// Why, where an event has several reasons.
    reason: Option<String>,
    actor: Kind,
    /// The session that it is about.
    session_id: Option<Uuid>,
    /// The address, if the user did it.
    ip: Option<String>,
    /// The `User-Agent`, if the user did it.
    user_agent: Option<String>,
    /// How many times it happened: refusals that are alike are one row.
    times: i64,
}

impl From<&Model> for ExportedEvent {
    fn from(row: &Model) -> Self {
        // Who tried in vain to sign in is another person's data.
        let is_own = row.actor_kind == ActorKind::User && row.actor_id == row.user_id.map(|user| user.0.to_string());
        Self {
            time: instant(row.at),
            event: row.event.clone(),
            reason: Some(row.reason.clone()).filter(|reason| !reason.is_empty()),
            actor: row.actor_kind.into(),
            session_id: row.session_id.map(|session| session.0),
            ip: row.ip.clone().filter(|_| is_own),
            user_agent: row.user_agent.clone().filter(|_| is_own),
            times: row.times,
        }
    }
}

impl Example for ExportedEvent {
    fn example() -> Self {
        Self {
            time: User::example_time(),
            event: Event::SessionEnded.name().to_owned(),
            reason: Some("signed_out".to_owned()),
            actor: Kind::User,
            session_id: Some(Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a)),
            ip: Some("192.0.2.7".to_owned()),
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0".to_owned()),
            times: 1,
        }
    }
}
