//! Everything that is stored about the current user.

use entity::{AuditEventId, Method, Methods, SessionId, one_time_token, outgoing_mail, session};
use futures_util::{Stream, TryStreamExt, stream};
use poem::{Body as PoemBody, IntoResponse, Response};
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::{Example, ToJSON, Type},
};
use uuid::Uuid;

use super::{
    codes::{AmrValue, EndReason, TokenPurpose},
    exported_event::ExportedEvent,
    model::{Mode, User, instant, methods},
    passkeys::Passkey,
    tag::Tag,
};
use crate::{
    accounts::{self, Export, ExportError},
    db::Unavailable,
    http::{
        request::{State, credentials::FreshSession},
        response::{
            problem::{ErrorResponse, problems},
            timestamp::Timestamp,
        },
    },
    principal::UserSnapshot,
};

problems!(ExportError {
    ExportError::Ended => InvalidSession,
    ExportError::Store(error) => Unavailable.log(&error),
});

/// Everything that is stored about a user.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, example)]
struct UserExport {
    user: User,
    /// When the row of the user was last changed.
    changed_at: Timestamp,
    /// When the password was chosen. Its hash is not shown.
    password_changed_at: Option<Timestamp>,
    /// When the authenticator app was added. Its secret is not shown.
    totp_added_at: Option<Timestamp>,
    /// How many recovery codes are left.
    recovery_codes_left: i32,
    /// The passkeys. Their public keys are left out.
    passkeys: Vec<Passkey>,
    /// When the account will be deleted.
    delete_at: Option<Timestamp>,
    /// The tokens of links in mails, without their secrets.
    one_time_tokens: Vec<ExportedToken>,
    /// Mails that are not delivered.
    mails: Vec<ExportedMail>,
    /// All sessions, ended ones too, oldest first.
    sessions: Vec<ExportedSession>,
    /// The rows of the audit trail about the user, newest first.
    audit_events: Vec<ExportedEvent>,
}

/// The token of a link in a mail.
#[derive(Object)]
#[oai(example)]
struct ExportedToken {
    purpose: TokenPurpose,
    /// The address that it is about.
    email: String,
    expires_at: Timestamp,
}

/// A mail that is not delivered.
#[derive(Object)]
#[oai(example)]
struct ExportedMail {
    kind: String,
    recipient: String,
    created_at: Timestamp,
}

/// A session.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, example)]
struct ExportedSession {
    id: Uuid,
    mode: Mode,
    remember: bool,
    methods: Vec<AmrValue>,
    ip: Option<String>,
    user_agent: Option<String>,
    created_at: Timestamp,
    authenticated_at: Timestamp,
    last_seen_at: Timestamp,
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
    ended_at: Option<Timestamp>,
    ended_because: Option<EndReason>,
}

impl From<&one_time_token::Model> for ExportedToken {
    fn from(token: &one_time_token::Model) -> Self {
        Self { purpose: TokenPurpose(token.purpose.name()), email: token.email.clone(), expires_at: instant(token.expires_at) }
    }
}

impl From<&outgoing_mail::Model> for ExportedMail {
    fn from(mail: &outgoing_mail::Model) -> Self {
        Self { kind: mail.kind.clone(), recipient: mail.recipient.clone(), created_at: instant(mail.created_at) }
    }
}

impl From<&session::Model> for ExportedSession {
    fn from(session: &session::Model) -> Self {
        Self {
            id: session.id.0,
            mode: session.mode.into(),
            remember: session.remember,
            methods: methods(session.methods),
            ip: session.ip.clone(),
            user_agent: session.user_agent.clone(),
            created_at: instant(session.created_at),
            authenticated_at: instant(session.authenticated_at),
            last_seen_at: instant(session.last_seen_at),
            idle_expires_at: instant(session.idle_expires_at),
            expires_at: instant(session.expires_at),
            ended_at: session.ended_at.map(instant),
            ended_because: session.ended_because.map(|reason| EndReason(reason.name())),
        }
    }
}

impl Example for ExportedToken {
    fn example() -> Self {
        Self {
            purpose: TokenPurpose(one_time_token::Purpose::UndoEmail.name()),
            email: "ada@example.com".to_owned(),
            expires_at: User::example_time(),
        }
    }
}

impl Example for ExportedMail {
    fn example() -> Self {
        Self { kind: "email_changed".to_owned(), recipient: "ada@example.com".to_owned(), created_at: User::example_time() }
    }
}

impl Example for ExportedSession {
    fn example() -> Self {
        let at = User::example_time();
        Self {
            id: Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a),
            mode: Mode::Cookie,
            remember: true,
            methods: methods(Methods::only(Method::Password)),
            ip: Some("192.0.2.7".to_owned()),
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0".to_owned()),
            created_at: at,
            authenticated_at: at,
            last_seen_at: at,
            idle_expires_at: at,
            expires_at: at,
            ended_at: Some(at),
            ended_because: Some(EndReason(session::EndedBecause::SignedOut.name())),
        }
    }
}

impl Example for UserExport {
    fn example() -> Self {
        Self {
            user: User::example(),
            changed_at: User::example_time(),
            password_changed_at: Some(User::example_time()),
            totp_added_at: Some(User::example_time()),
            recovery_codes_left: 10,
            passkeys: vec![Passkey::example()],
            delete_at: Some(User::example_time()),
            one_time_tokens: vec![ExportedToken::example()],
            mails: vec![ExportedMail::example()],
            sessions: vec![ExportedSession::example()],
            audit_events: vec![ExportedEvent::example()],
        }
    }
}

/// A [`UserExport`] that is written while the sessions and the rows of the audit trail are read.
struct Streamed(Export);

/// The object without its last two members, which follow piece by piece.
fn head(export: &Export) -> String {
    let Export { user, password, factors, passkeys, tokens, mails, .. } = export;
    let head = UserExport {
        user: (&UserSnapshot::from(user)).into(),
        changed_at: instant(user.changed_at),
        password_changed_at: password.as_ref().map(|password| instant(password.changed_at)),
        totp_added_at: factors.totp_added_at.map(instant),
        recovery_codes_left: i32::try_from(factors.recovery_codes).unwrap_or(i32::MAX),
        passkeys: passkeys.iter().map(Into::into).collect(),
        delete_at: user.delete_at.map(instant),
        one_time_tokens: tokens.iter().map(Into::into).collect(),
        mails: mails.iter().map(Into::into).collect(),
        sessions: Vec::new(),
        audit_events: Vec::new(),
    };
    let mut head = head.to_json_string();
    head.truncate(head.len() - [AFTER_SESSIONS, END].concat().len());
    head
}

/// An export as JSON, piece by piece. An error comes in place of the end.
pub fn pieces(export: Export) -> impl Stream<Item = Result<String, Unavailable>> {
    enum Next {
        Head,
        Sessions(Option<SessionId>),
        Events(Option<AuditEventId>),
        End,
    }
    stream::unfold((export, Next::Head), async |(export, next)| {
        let (piece, next) = match next {
            Next::Head => (Ok(head(&export)), Next::Sessions(None)),
            Next::Sessions(after) => match export.sessions(after).await {
                Ok(page) => match page.last() {
                    Some(last) => (Ok(items::<_, ExportedSession>(&page, after.is_none())), Next::Sessions(Some(last.id))),
                    None => (Ok(AFTER_SESSIONS.to_owned()), Next::Events(None)),
                },
                Err(error) => (Err(error), Next::End),
            },
            Next::Events(before) => match export.events(before).await {
                Ok(page) => match page.last() {
                    Some(last) => (Ok(items::<_, ExportedEvent>(&page, before.is_none())), Next::Events(Some(last.id))),
                    None => (Ok(END.to_owned()), Next::End),
                },
                Err(error) => (Err(error), Next::End),
            },
            Next::End => return None,
        };
        Some((piece, (export, next)))
    })
}

/// What stands between the last two members, and after them.
const AFTER_SESSIONS: &str = "],\"audit_events\":[";
const END: &str = "]}";

/// The items of a page, after those of the pages before.
fn items<'a, R, I: From<&'a R> + ToJSON>(page: &'a [R], is_first: bool) -> String {
    let items: Vec<_> = page.iter().map(|row| I::from(row).to_json_string()).collect();
    format!("{}{}", if is_first { "" } else { "," }, items.join(","))
}

impl IntoResponse for Streamed {
    fn into_response(self) -> Response {
        // After an error the connection closes before the end: the client sees that the export is not complete.
        let pieces = pieces(self.0).map_err(std::io::Error::other);
        Response::builder().content_type("application/json").body(PoemBody::from_bytes_stream(pieces))
    }
}

impl ApiResponse for Streamed {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType { content_type: "application/json", schema: UserExport::schema_ref() }];
        let ok = MetaResponse { description: "OK", status: Some(200), status_range: None, content, headers: Vec::new() };
        MetaResponses { responses: vec![ok] }
    }

    fn register(registry: &mut Registry) {
        UserExport::register(registry);
    }
}

pub(in crate::http) struct ExportApi;

#[OpenApi(prefix_path = "/v1/me/export", tag = "Tag::Me")]
impl ExportApi {
    /// Export the current user
    ///
    /// Answers with everything that is stored about the user. Secrets and their hashes are left out. The session must be fresh: see
    /// `reauthenticate`.
    #[oai(path = "/", method = "get", operation_id = "exportMe")]
    async fn export(&self, state: State<'_>, principal: FreshSession) -> Result<Streamed, ErrorResponse<ExportError>> {
        Ok(Streamed(accounts::export(&state, &principal.0).await?))
    }
}
