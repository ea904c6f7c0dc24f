//! The audit trail.

use entity::{AuditEventId, SessionId, UserId, audit_event::Model};
use poem_openapi::{Object, OpenApi, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::{
    parameters::{ActorId, EventName, Moment},
    search::{SearchError, bounded},
    tag::AdminTag,
};
use crate::{
    accounts,
    audit::{
        Event,
        store::{Filter, read},
    },
    http::{
        request::{
            State,
            admin::{Admin, AuditRead},
            page::{Page, default_limit},
            parameter_types::{Digits, Id},
            query::Query,
        },
        response::{
            problem::{ErrorResponse, FieldError, Rule, problems},
            reply::Reply,
            timestamp::Timestamp,
        },
        v1::{exported_event::Kind, model::instant},
    },
    request_context::Actor,
};

/// A row of the audit trail.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct AuditEvent {
    id: Uuid,
    /// When it happened.
    time: Timestamp,
    /// Its name. More names may be added.
    event: String,
    /// Why, where an event has several reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    actor: Kind,
    /// Which actor: the id of a user or of an admin key, or the name of the person at the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<String>,
    /// The user whom it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    /// The session that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Uuid>,
    /// The address of the requester.
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    /// The `User-Agent` of the requester.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// The id of the request, as its answer and its log lines have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Uuid>,
    /// What it is about, if that is no user and no session, as the id, the scopes and the name of an admin key.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// How many times it happened: refusals that are alike are one row.
    times: i64,
}

impl From<Model> for AuditEvent {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.0,
            time: instant(row.at),
            event: row.event,
            reason: Some(row.reason).filter(|reason| !reason.is_empty()),
            actor: row.actor_kind.into(),
            actor_id: row.actor_id,
            user_id: row.user_id.map(|user| user.0),
            session_id: row.session_id.map(|session| session.0),
            ip: row.ip,
            user_agent: row.user_agent,
            request_id: row.request_id,
            detail: row.detail,
            times: row.times,
        }
    }
}

const EXAMPLE_ID: Uuid = Uuid::from_u128(0x019b_7a3d_2f40_7d52_8c3b_16f0_94ae_7d21);

impl Example for AuditEvent {
    fn example() -> Self {
        Self {
            id: EXAMPLE_ID,
            time: instant(entity::UnixMillis(1_767_258_000_000)),
            event: Event::SessionEnded.name().to_owned(),
            reason: Some("signed_out".to_owned()),
            actor: Kind::User,
            actor_id: Some("019b7a3d-1b5c-7e08-8f4a-2d9c31e75a60".to_owned()),
            user_id: Some(Uuid::from_u128(0x019b_7a3d_1b5c_7e08_8f4a_2d9c_31e7_5a60)),
            session_id: Some(Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a)),
            ip: Some("192.0.2.7".to_owned()),
            user_agent: Some("curl/8.5.0".to_owned()),
            request_id: Some(Uuid::from_u128(0x019b_7a3d_2f40_7a10_b3f2_0d4c_55e8_9b17)),
            detail: None,
            times: 1,
        }
    }
}

/// Rows of the audit trail, newest first.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct AuditEventList {
    items: Vec<AuditEvent>,
    /// Present if there are more: pass it as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

impl Example for AuditEventList {
    fn example() -> Self {
        Self { items: vec![AuditEvent::example()], next: Some(EXAMPLE_ID) }
    }
}

/// Why no list was answered.
enum AuditError {
    /// The id of an actor is given without the kind.
    ActorKind,
    Search(SearchError),
}

problems!(AuditError {
    AuditError::ActorKind => ValidationFailed.fields(vec![FieldError::new("actor", Rule::Required, "is required beside actor_id")]),
    AuditError::Search(error) => (SearchError: error),
});

/// The actor that a query names. An id alone would not say whose it is: an operator may be called as anything.
fn actor_of(kind: Option<Kind>, id: Option<ActorId>) -> Result<Option<Actor>, AuditError> {
    match (kind, id) {
        (None, Some(_)) => Err(AuditError::ActorKind),
        (kind, id) => Ok(kind.map(|kind| Actor { kind: kind.into(), id: id.map(|ActorId(id)| id) })),
    }
}

pub(in crate::http) struct AdminAuditApi;

#[OpenApi(prefix_path = "/v1/admin/audit", tag = "AdminTag::Audit")]
impl AdminAuditApi {
    /// List audit events
    ///
    /// Answers with the rows of the audit trail that fit all that is given, newest first. Refusals are stored a second later.
    #[oai(path = "/", method = "get", operation_id = "listAuditEvents")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn list(
        &self,
        state: State<'_>,
        operator: Admin<AuditRead>,
        /// The user whom it is about.
        user: Query<Option<Id>>,
        /// The session that it is about.
        session: Query<Option<Id>>,
        /// What kind of actor caused it.
        actor: Query<Option<Kind>>,
        /// Which actor, as `actor_id` of an event says it. It needs `actor`.
        actor_id: Query<Option<ActorId>>,
        /// The name of an event.
        event: Query<Option<EventName>>,
        /// At this time or later.
        since: Query<Option<Moment>>,
        /// Before this time.
        until: Query<Option<Moment>>,
        /// The maximum number of items in the answer.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Digits>,
        /// The `next` of the previous answer.
        after: Query<Option<Id>>,
    ) -> Result<Reply<200, AuditEventList>, ErrorResponse<AuditError>> {
        let filter = Filter {
            actor: actor_of(actor.0, actor_id.0)?,
            user: user.0.map(|Id(id)| UserId(id)),
            session: session.0.map(|Id(id)| SessionId(id)),
            events: event.0.and_then(|EventName(name)| Event::named(&name)).into_iter().collect(),
            since: since.0.map(Into::into),
            until: until.0.map(Into::into),
        };
        let page = Page::new(&limit, &after);
        let is_about_one = filter.user.is_some() || filter.session.is_some();
        let (before, at_most) = (page.after.map(AuditEventId), page.to_read());
        let found = bounded(&state, &operator.0, async move |state| read(state.db.connection(), &filter, before, at_most).await)
            .await
            .map_err(AuditError::Search)?;
        // Who has no row was not read about, and may not exist.
        if let Some(user) = found.first().and_then(|row| row.user_id).filter(|_| is_about_one) {
            accounts::note_read(&state, user, "audit");
        }
        let (rows, next) = page.cut(found, |row| row.id.0);
        Ok(Reply(AuditEventList { items: rows.into_iter().map(Into::into).collect(), next }))
    }
}
