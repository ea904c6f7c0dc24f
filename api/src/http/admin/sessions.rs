//! The sessions of users.

use entity::{Method, Methods, SessionId, UnixMillis, UserId, session as row};
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::{
    problems::{Instructed, Read},
    tag::AdminTag,
};
use crate::{
    accounts::{self, OperatorError},
    http::{
        request::{
            State,
            admin::{Admin, SessionsWrite, UsersRead},
            page::{Page, default_limit},
            parameter_types::{Digits, Id},
            query::Query,
        },
        response::{
            problem::ErrorResponse,
            reply::{NoContent, Reply},
            timestamp::Timestamp,
        },
        v1::{
            codes::AmrValue,
            model::{Mode, instant, methods},
        },
    },
    sessions,
    state::AppState,
};

/// A session of a user.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct AdminSession {
    id: Uuid,
    mode: Mode,
    /// How strongly the user authenticated: 1 with one factor, 2 with two factors or a passkey with user verification.
    assurance: u8,
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

impl AdminSession {
    pub(super) fn new(state: &AppState, session: row::Model) -> Self {
        let expiry = sessions::expiry(&session, &state.config.sessions);
        Self {
            id: session.id.0,
            mode: session.mode.into(),
            assurance: session.methods.assurance(),
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

impl Example for AdminSession {
    fn example() -> Self {
        let at = |hours: i64| instant(UnixMillis(1_767_258_000_000 + hours * 3_600_000));
        Self {
            id: Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a),
            mode: Mode::Token,
            assurance: 1,
            remember: true,
            methods: methods(Methods::only(Method::Password)),
            ip: Some("192.0.2.7".to_owned()),
            user_agent: Some("curl/8.5.0".to_owned()),
            created_at: at(0),
            last_seen_at: at(2),
            idle_expires_at: at(2 + 14 * 24),
            expires_at: at(30 * 24),
        }
    }
}

/// Live sessions, newest first.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct AdminSessionList {
    items: Vec<AdminSession>,
    /// Present if there are more: pass it as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

impl Example for AdminSessionList {
    fn example() -> Self {
        Self { items: vec![AdminSession::example()], next: Some(Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a)) }
    }
}

pub(in crate::http) struct AdminSessionsApi;

#[OpenApi(prefix_path = "/v1/admin", tag = "AdminTag::Sessions")]
impl AdminSessionsApi {
    /// List the sessions of a user
    ///
    /// Answers with the live sessions of the user, newest first.
    #[oai(path = "/users/:id/sessions", method = "get", operation_id = "listUserSessions")]
    async fn list(
        &self,
        state: State<'_>,
        _operator: Admin<UsersRead>,
        /// The user's id.
        id: Path<Id>,
        /// The maximum number of items in the answer.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Digits>,
        /// The `next` of the previous answer.
        after: Query<Option<Id>>,
    ) -> Result<Reply<200, AdminSessionList>, ErrorResponse<Read>> {
        let user = accounts::user_by_id(&state, UserId(id.0.0)).await.map_err(|error| Read(error.into()))?;
        let user = user.ok_or(Read(OperatorError::NotFound))?.id;
        accounts::note_read(&state, user, "sessions");
        let page = Page::new(&limit, &after);
        let found = sessions::list(&state, user, page.after.map(SessionId), page.to_read()).await;
        let (found, next) = page.cut(found.map_err(|error| Read(error.into()))?, |session| session.id.0);
        let items = found.into_iter().map(|session| AdminSession::new(&state, session)).collect();
        Ok(Reply(AdminSessionList { items, next }))
    }

    /// End a session of a user
    ///
    /// It takes effect immediately.
    #[oai(path = "/sessions/:id", method = "delete", operation_id = "endUserSession")]
    async fn end(
        &self,
        state: State<'_>,
        operator: Admin<SessionsWrite>,
        /// The session's id.
        id: Path<Id>,
    ) -> Result<NoContent, ErrorResponse<Instructed>> {
        accounts::end_session(&state, operator.0, SessionId(id.0.0)).await.map_err(Instructed)?;
        Ok(NoContent)
    }
}
