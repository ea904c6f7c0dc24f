//! The session a request is made in, and the cookie face's sign-in.

use entity::{UnixMillis, session};
use poem::http::HeaderMap;
use poem_openapi::{Enum, Object, OpenApi, types::Example};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Tag,
    body::Body,
    credential::{Anybody, SignedIn, State},
    held,
    problem::{Refusal, problems},
    reply::{NoContent, Reply, WithCookies},
    tokens::{self, Tokens},
    users::User,
};
use crate::{
    client::Client,
    db::Unavailable,
    secret::Password,
    sessions::{self, Authenticated, Established, ReauthenticateError, SignIn, SignInError},
    state::AppState,
    users::PresentError,
};

/// Signing in with a cookie.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct SignInRequest {
    /// In any case: `Ada@Example.com` is `ada@example.com`.
    #[oai(validator(max_length = 254))]
    email: String,
    password: Password,
    /// Whether to stay signed in when the browser closes.
    remember: Option<bool>,
}

impl Example for SignInRequest {
    fn example() -> Self {
        Self {
            email: "ada@example.com".to_owned(),
            password: Password::new("correct horse battery".to_owned()),
            remember: Some(true),
        }
    }
}

/// Typing the password again.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct ReauthenticateRequest {
    password: Password,
}

impl Example for ReauthenticateRequest {
    fn example() -> Self {
        Self { password: Password::new("correct horse battery".to_owned()) }
    }
}

/// How a session shows itself.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum Face {
    /// By the session cookie.
    Cookie,
    /// By an access token and a refresh token.
    Bearer,
}

impl From<session::Face> for Face {
    fn from(face: session::Face) -> Self {
        match face {
            session::Face::Cookie => Self::Cookie,
            session::Face::Bearer => Self::Bearer,
        }
    }
}

/// A session, and whose it is.
#[derive(Object)]
#[oai(example)]
pub(super) struct Session {
    /// The access token's `sid`.
    id: Uuid,
    face: Face,
    user: User,
    /// Whether the person asked to stay signed in.
    remember: bool,
    /// How the person proved who they are: RFC 8176 `amr` values.
    methods: Vec<String>,
    /// When they last proved it.
    authenticated_at: OffsetDateTime,
    /// When they signed in.
    created_at: OffsetDateTime,
    /// When the session ends if nobody uses it.
    idle_expires_at: OffsetDateTime,
    /// When the session ends in any case.
    expires_at: OffsetDateTime,
}

impl Session {
    pub(super) fn new(state: &AppState, Authenticated { session, user }: &Authenticated) -> Self {
        let ends = sessions::ends(session.as_ref(), &state.config.sessions);
        Self {
            id: session.id.0,
            face: session.face.into(),
            user: user.as_ref().into(),
            remember: session.remember,
            methods: methods(&session.methods),
            authenticated_at: instant(session.authenticated_at),
            created_at: instant(session.created_at),
            idle_expires_at: instant(ends.idle),
            expires_at: instant(ends.absolute),
        }
    }
}

impl Session {
    /// The same person's session on a phone.
    pub(super) fn bearer_example() -> Self {
        Self { face: Face::Bearer, ..Self::example() }
    }
}

impl Example for Session {
    fn example() -> Self {
        let at = |hours: i64| instant(UnixMillis(1_767_258_000_000 + hours * 3_600_000));
        Self {
            id: Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a),
            face: Face::Cookie,
            user: User::example(),
            remember: true,
            methods: vec!["pwd".to_owned()],
            authenticated_at: at(0),
            created_at: at(0),
            idle_expires_at: at(14 * 24),
            expires_at: at(30 * 24),
        }
    }
}

/// A session with a new secret. The bearer face gets new tokens with it; the cookie face gets a new cookie.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct Reissued {
    session: Session,
    tokens: Option<Tokens>,
}

impl Example for Reissued {
    fn example() -> Self {
        Self { session: Session::example(), tokens: None }
    }
}

/// The database did not answer.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct StoreError(#[from] pub(super) Unavailable);

problems!(StoreError { StoreError(error) => Unavailable.log(&error) });

problems!(SignInError {
    SignInError::InvalidCredentials => InvalidCredentials,
    SignInError::Present(error) => (error: PresentError),
    SignInError::Store(error) => Unavailable.log(&error),
    SignInError::Signing(error) => InternalError.log(&error),
});

problems!(ReauthenticateError {
    ReauthenticateError::WrongPassword => WrongPassword,
    ReauthenticateError::Ended => InvalidSession,
    ReauthenticateError::Present(error) => (error: PresentError),
    ReauthenticateError::Store(error) => Unavailable.log(&error),
    ReauthenticateError::Signing(error) => InternalError.log(&error),
});

pub(super) struct SessionApi;

#[OpenApi(prefix_path = "/v1/session", tag = "Tag::Session")]
impl SessionApi {
    /// Sign in
    ///
    /// Sets the session cookie. Sessions that the request carries a credential of end: sign-in always makes a new one.
    #[oai(path = "/", method = "post", operation_id = "signIn")]
    async fn sign_in(
        &self,
        state: State<'_>,
        client: Client,
        headers: &HeaderMap,
        body: Body<SignInRequest>,
    ) -> Result<WithCookies<Reply<200, Session>>, Refusal<SignInError>> {
        let Body(SignInRequest { email, password, remember }) = body;
        let carried = held::carried(headers, &state);
        let request =
            SignIn { email: &email, password, remember: remember.unwrap_or(false), face: sessions::Face::Cookie, client, carried };
        let (established, device) = sessions::sign_in(&state, request).await?;
        let mut cookies = held::hand_out(&state, &established);
        cookies.push(held::device(&state, &device));
        Ok(WithCookies(Reply(Session::new(&state, &established.who)), cookies))
    }

    /// Who am I?
    ///
    /// The session that the credential belongs to.
    #[oai(path = "/", method = "get", operation_id = "getSession")]
    async fn get(&self, state: State<'_>, who: SignedIn) -> Reply<200, Session> {
        Reply(Session::new(&state, &who.0))
    }

    /// Sign out
    ///
    /// Ends the session and clears the cookies. Signing out always works: without a session there is nothing left to do.
    #[oai(path = "/", method = "delete", operation_id = "signOut")]
    async fn sign_out(
        &self,
        state: State<'_>,
        _anybody: Anybody,
        headers: &HeaderMap,
    ) -> Result<WithCookies<NoContent>, WithCookies<Refusal<StoreError>>> {
        let cleared = held::take_back(headers, &state);
        let ended = match sessions::sessions_of(&state, &held::carried(headers, &state)).await {
            Ok(sessions) => sessions::end_all(&state, &sessions).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => Ok(WithCookies(NoContent, cleared)),
            // The truth: the session may still be there. The browser forgets it all the same.
            Err(error) => Err(WithCookies(StoreError(error).into(), cleared)),
        }
    }

    /// Type the password again
    ///
    /// Makes the session fresh, as operations that cannot be undone demand. The session gets a new secret: a new cookie, or new
    /// tokens.
    #[oai(path = "/reauthenticate", method = "post", operation_id = "reauthenticate")]
    async fn reauthenticate(
        &self,
        state: State<'_>,
        who: SignedIn,
        client: Client,
        body: Body<ReauthenticateRequest>,
    ) -> Result<WithCookies<Reply<200, Reissued>>, Refusal<ReauthenticateError>> {
        let renewed = sessions::reauthenticate(&state, who.0, body.0.password, &client).await?;
        Ok(reissued(&state, renewed))
    }
}

/// The answer to whatever gave a session a new secret.
pub(super) fn reissued(state: &AppState, renewed: Established) -> WithCookies<Reply<200, Reissued>> {
    let cookies = held::hand_out(state, &renewed);
    let session = Session::new(state, &renewed.who);
    let tokens = tokens::body(state, renewed);
    WithCookies(Reply(Reissued { session, tokens }), cookies)
}

/// RFC 8176 `amr` values, as stored.
pub(super) fn methods(stored: &str) -> Vec<String> {
    stored.split(' ').map(str::to_owned).collect()
}

/// A moment as RFC 3339 shows it.
pub(super) fn instant(moment: UnixMillis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.0) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
