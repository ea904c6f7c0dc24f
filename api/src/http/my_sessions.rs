//! Where people are signed in, and how they end that.

use entity::{SessionId, session as row};
use poem::http::HeaderMap;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Tag,
    credential::{SignedIn, State},
    held,
    problem::{Refusal, problems},
    reply::{NoContent, Reply, WithCookies},
    session::{Face, StoreError, instant, methods},
};
use crate::{db::Unavailable, sessions, state::AppState};

/// A session in a list.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, example)]
struct SessionSummary {
    id: Uuid,
    /// Whether it is the session that asks.
    current: bool,
    face: Face,
    /// Whether the person asked to stay signed in.
    remember: bool,
    /// How the person proved who they are: RFC 8176 `amr` values.
    methods: Vec<String>,
    /// The address it was begun from.
    ip: Option<String>,
    /// The browser or program it was begun with.
    user_agent: Option<String>,
    /// When the person signed in.
    created_at: OffsetDateTime,
    /// When it was last used, to within a tenth of its idle time.
    last_seen_at: OffsetDateTime,
    /// When it ends if nobody uses it.
    idle_expires_at: OffsetDateTime,
    /// When it ends in any case.
    expires_at: OffsetDateTime,
}

impl SessionSummary {
    fn new(state: &AppState, session: row::Model, current: SessionId) -> Self {
        let ends = sessions::ends(&session, &state.config.sessions);
        Self {
            id: session.id.0,
            current: session.id == current,
            face: session.face.into(),
            remember: session.remember,
            methods: methods(&session.methods),
            created_at: instant(session.created_at),
            last_seen_at: instant(session.last_seen_at),
            idle_expires_at: instant(ends.idle),
            expires_at: instant(ends.absolute),
            ip: session.ip,
            user_agent: session.user_agent,
        }
    }
}

impl Example for SessionSummary {
    fn example() -> Self {
        let at = |hours: i64| instant(entity::UnixMillis(1_767_258_000_000 + hours * 3_600_000));
        Self {
            id: Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a),
            current: true,
            face: Face::Cookie,
            remember: true,
            methods: vec!["pwd".to_owned()],
            ip: Some("192.0.2.7".to_owned()),
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0".to_owned()),
            created_at: at(0),
            last_seen_at: at(2),
            idle_expires_at: at(2 + 14 * 24),
            expires_at: at(30 * 24),
        }
    }
}

/// Sessions, newest first.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, example)]
struct SessionList {
    items: Vec<SessionSummary>,
    /// There are more: give this as `after`.
    next: Option<Uuid>,
}

impl Example for SessionList {
    fn example() -> Self {
        Self { items: vec![SessionSummary::example()], next: None }
    }
}

/// Why a session was not ended.
#[derive(Debug, thiserror::Error)]
enum EndSessionError {
    /// The user has none with that id.
    #[error("no such session")]
    NotFound,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

problems!(EndSessionError {
    EndSessionError::NotFound => NotFound,
    EndSessionError::Store(error) => Unavailable.log(&error),
});

pub(super) struct MySessionsApi;

#[OpenApi(prefix_path = "/v1/me/sessions", tag = "Tag::Me")]
impl MySessionsApi {
    /// List one's sessions
    ///
    /// Where the user is signed in, newest first.
    #[oai(path = "/", method = "get", operation_id = "listSessions")]
    async fn list(
        &self,
        state: State<'_>,
        who: SignedIn,
        /// The most items in one answer.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<i32>,
        /// The `next` of the answer before.
        after: Query<Option<Uuid>>,
    ) -> Result<Reply<200, SessionList>, Refusal<StoreError>> {
        let limit = usize::try_from(limit.0).unwrap_or(1);
        let one_more = u64::try_from(limit + 1).unwrap_or(u64::MAX);
        let mut sessions = sessions::list(&state, &who.0, after.0.map(SessionId), one_more).await.map_err(StoreError)?;
        let more = sessions.len() > limit;
        sessions.truncate(limit);
        let next = sessions.last().filter(|_| more).map(|session| session.id.0);
        let items = sessions.into_iter().map(|session| SessionSummary::new(&state, session, who.0.session.id)).collect();
        Ok(Reply(SessionList { items, next }))
    }

    /// End the other sessions
    ///
    /// Signs the user out everywhere but here.
    #[oai(path = "/", method = "delete", operation_id = "endOtherSessions")]
    async fn end_others(&self, state: State<'_>, who: SignedIn) -> Result<NoContent, Refusal<StoreError>> {
        sessions::end_others(&state, &who.0).await.map_err(StoreError)?;
        Ok(NoContent)
    }

    /// End a session
    ///
    /// Signs the user out there, at once. Ending the session that asks is signing out.
    #[oai(path = "/:id", method = "delete", operation_id = "endSession")]
    async fn end(
        &self,
        state: State<'_>,
        who: SignedIn,
        headers: &HeaderMap,
        /// The session's id.
        id: Path<Uuid>,
    ) -> Result<WithCookies<NoContent>, Refusal<EndSessionError>> {
        let id = SessionId(id.0);
        if !sessions::end_one(&state, &who.0, id).await.map_err(EndSessionError::Store)? {
            return Err(EndSessionError::NotFound.into());
        }
        let cleared = if id == who.0.session.id { held::take_back(headers, &state) } else { Vec::new() };
        Ok(WithCookies(NoContent, cleared))
    }
}

fn default_limit() -> i32 {
    50
}
