//! The sessions of the current user.

use entity::{Method, Methods, SessionId, session as row};
use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::{
    codes::AmrValue,
    model::{Mode, instant, methods},
    session::StoreError,
    tag::Tag,
};
use crate::{
    http::{
        request::{
            State,
            credentials::ActiveSession,
            page::{Page, default_limit},
            parameter_types::{Digits, Id},
            query::Query,
        },
        response::{
            credential_cookies,
            problem::{ErrorResponse, problems},
            reply::{NoContent, Reply, WithCookies},
            timestamp::Timestamp,
        },
    },
    sessions::{self, EndOthersError, EndSessionError},
    state::AppState,
};

/// A session in a list.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct SessionSummary {
    id: Uuid,
    /// Whether it is the session of this request.
    current: bool,
    mode: Mode,
    /// Whether the user asked to stay signed in.
    remember: bool,
    /// How the user authenticated: RFC 8176 `amr` values.
    methods: Vec<AmrValue>,
    /// The address of the sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    /// The `User-Agent` of the sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// When the user signed in.
    created_at: Timestamp,
    /// When it was last used, to within a tenth of its idle time.
    last_seen_at: Timestamp,
    /// When it ends if it is not used.
    idle_expires_at: Timestamp,
    /// When it ends at the latest.
    expires_at: Timestamp,
}

impl SessionSummary {
    fn new(state: &AppState, session: row::Model, current: SessionId) -> Self {
        let expiry = sessions::expiry(&session, &state.config.sessions);
        Self {
            id: session.id.0,
            current: session.id == current,
            mode: session.mode.into(),
            remember: session.remember,
            methods: methods(session.methods),
            created_at: instant(session.created_at),
            last_seen_at: instant(session.last_seen_at),
            idle_expires_at: instant(expiry.idle),
            expires_at: instant(expiry.absolute),
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
            mode: Mode::Cookie,
            remember: true,
            methods: methods(Methods::only(Method::Password)),
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
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct SessionList {
    items: Vec<SessionSummary>,
    /// Present if there are more: pass it as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

impl Example for SessionList {
    fn example() -> Self {
        Self { items: vec![SessionSummary::example()], next: Some(Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a)) }
    }
}

problems!(EndOthersError {
    EndOthersError::Ended => InvalidSession,
    EndOthersError::Store(error) => Unavailable.log(&error),
});

problems!(EndSessionError {
    EndSessionError::NotFound => NotFound,
    EndSessionError::Others(error) => (EndOthersError: error),
});

pub(in crate::http) struct SessionsApi;

#[OpenApi(prefix_path = "/v1/me/sessions", tag = "Tag::Me")]
impl SessionsApi {
    /// List the sessions
    ///
    /// Answers with the live sessions of the current user, newest first.
    #[oai(path = "/", method = "get", operation_id = "listSessions")]
    async fn list(
        &self,
        state: State<'_>,
        principal: ActiveSession,
        /// The maximum number of items in the answer.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Digits>,
        /// The `next` of the previous answer.
        after: Query<Option<Id>>,
    ) -> Result<Reply<200, SessionList>, ErrorResponse<StoreError>> {
        let page = Page::new(&limit, &after);
        let found = sessions::list(&state, principal.0.user.id, page.after.map(SessionId), page.to_read()).await;
        let (found, next) = page.cut(found.map_err(StoreError)?, |session| session.id.0);
        let items = found.into_iter().map(|session| SessionSummary::new(&state, session, principal.0.session.id)).collect();
        Ok(Reply(SessionList { items, next }))
    }

    /// End the other sessions
    ///
    /// Ends all sessions of the current user but the one of this request.
    #[oai(path = "/", method = "delete", operation_id = "endOtherSessions")]
    async fn end_others(&self, state: State<'_>, principal: ActiveSession) -> Result<NoContent, ErrorResponse<EndOthersError>> {
        sessions::end_others(&state, &principal.0).await?;
        Ok(NoContent)
    }

    /// End a session
    ///
    /// Ends a session of the current user. It takes effect immediately. Ending the session of this request signs out.
    #[oai(path = "/:id", method = "delete", operation_id = "endSession")]
    async fn end(
        &self,
        state: State<'_>,
        principal: ActiveSession,
        headers: &HeaderMap,
        /// The session's id.
        id: Path<Id>,
    ) -> Result<WithCookies<NoContent>, ErrorResponse<EndSessionError>> {
        let id = SessionId(id.0.0);
        sessions::end_one(&state, &principal.0, id).await?;
        let cleared = if id == principal.0.session.id { credential_cookies::clear(headers, &state) } else { Vec::new() };
        Ok(WithCookies(NoContent, cleared))
    }
}
