//! Objects that several operations answer with.

use entity::{Method, Methods, UnixMillis, session, token_grant};
use poem_openapi::{Enum, Object, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::codes::{AmrValue, SignedInStatus, TokenType};
use crate::{
    grants,
    http::{request::json_object::JsonObject, response::timestamp::Timestamp},
    principal::{Principal, UserSnapshot},
    secret::DeviceToken,
    sessions::{self, Credential, Established},
    state::AppState,
};

/// How a session is presented.
#[derive(Clone, Copy, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Mode {
    /// By the session cookie.
    Cookie,
    /// By an access token and a refresh token.
    Token,
}

impl From<session::Mode> for Mode {
    fn from(mode: session::Mode) -> Self {
        match mode {
            session::Mode::Cookie => Self::Cookie,
            session::Mode::Token => Self::Token,
        }
    }
}

/// Where the refresh token travels.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum RefreshIn {
    /// In the body: for native apps and scripts.
    Body,
    /// In an `HttpOnly` cookie: for pages, which keep the access token in memory and hold nothing that a script could steal for
    /// long.
    Cookie,
}

impl From<RefreshIn> for token_grant::RefreshIn {
    fn from(refresh_in: RefreshIn) -> Self {
        match refresh_in {
            RefreshIn::Body => Self::Body,
            RefreshIn::Cookie => Self::Cookie,
        }
    }
}

/// A user.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
#[expect(clippy::struct_field_names, reason = "the names on the wire, which other services use too")]
pub(super) struct User {
    /// Never changes and is never reused: the access token's `sub`.
    id: Uuid,
    /// As the user typed it.
    email: String,
    /// Whether the user has shown that they read mail at the address.
    email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The language of mails: a BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    /// What the app stores with the user, who may change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_metadata: Option<JsonObject>,
    /// What operators store with the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_metadata: Option<JsonObject>,
    /// What the user may do. `admin` is reserved.
    roles: Vec<String>,
    created_at: Timestamp,
}

impl From<&UserSnapshot> for User {
    fn from(user: &UserSnapshot) -> Self {
        Self {
            id: user.id.0,
            email: user.email.clone(),
            email_verified: user.email_verified,
            name: user.name.clone(),
            locale: user.locale.clone(),
            user_metadata: JsonObject::stored(user.user_metadata.as_deref()),
            app_metadata: JsonObject::stored(user.app_metadata.as_deref()),
            roles: user.roles.names().map(str::to_owned).collect(),
            created_at: instant(user.created_at),
        }
    }
}

impl User {
    /// A moment in examples.
    pub(super) fn example_time() -> Timestamp {
        instant(UnixMillis(1_767_258_000_000))
    }
}

impl Example for User {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_7a3d_1b5c_7e08_8f4a_2d9c_31e7_5a60),
            email: "ada@example.com".to_owned(),
            email_verified: true,
            name: Some("Ada Lovelace".to_owned()),
            locale: Some("en".to_owned()),
            user_metadata: Some(JsonObject::example("theme", "dark")),
            app_metadata: Some(JsonObject::example("plan", "team")),
            roles: Vec::new(),
            created_at: instant(UnixMillis(1_767_171_600_000)),
        }
    }
}

/// A session and its user.
#[derive(Object, Serialize)]
#[oai(example)]
pub(super) struct Session {
    /// The access token's `sid`.
    id: Uuid,
    mode: Mode,
    /// How strongly the user authenticated: 1 with one factor, 2 with two factors or a passkey with user verification.
    assurance: u8,
    user: User,
    /// Whether the user asked to stay signed in.
    remember: bool,
    /// How the user authenticated: RFC 8176 `amr` values.
    methods: Vec<AmrValue>,
    /// When the user last authenticated.
    authenticated_at: Timestamp,
    /// When the user signed in.
    created_at: Timestamp,
    /// When the session ends if it is not used.
    idle_expires_at: Timestamp,
    /// When the session ends at the latest.
    expires_at: Timestamp,
}

impl Session {
    pub(super) fn new(state: &AppState, Principal { session, user }: &Principal) -> Self {
        let expiry = sessions::expiry(session.as_ref(), &state.config.sessions);
        Self {
            id: session.id.0,
            mode: session.mode.into(),
            assurance: session.methods.assurance(),
            user: user.as_ref().into(),
            remember: session.remember,
            methods: methods(session.methods),
            authenticated_at: instant(session.authenticated_at),
            created_at: instant(session.created_at),
            idle_expires_at: instant(expiry.idle),
            expires_at: instant(expiry.absolute),
        }
    }
}

impl Example for Session {
    fn example() -> Self {
        let at = |hours: i64| instant(UnixMillis(1_767_258_000_000 + hours * 3_600_000));
        Self {
            id: Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a),
            mode: Mode::Token,
            assurance: 1,
            user: User::example(),
            remember: true,
            methods: methods(Methods::only(Method::Password)),
            authenticated_at: at(0),
            created_at: at(0),
            idle_expires_at: at(14 * 24),
            expires_at: at(30 * 24),
        }
    }
}

/// The tokens of a session in mode `token`.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct Tokens {
    /// A JWT (RFC 9068), for `Authorization: Bearer`. Keep it in memory.
    access_token: String,
    /// Always `Bearer`.
    token_type: TokenType,
    /// Seconds for which the access token is valid.
    expires_in: i32,
    /// For `refreshTokens`; absent when it travels in a cookie. Every refresh replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// For the next `signIn` on this device, when the refresh token is here too. It is no credential; keep it after signing out.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
}

impl From<grants::Tokens> for Tokens {
    fn from(tokens: grants::Tokens) -> Self {
        Self {
            access_token: tokens.access_token.to_string(),
            token_type: TokenType::bearer(),
            expires_in: i32::try_from(tokens.expires_in.as_secs()).unwrap_or(i32::MAX),
            refresh_token: (tokens.refresh_in == grants::RefreshIn::Body).then(|| tokens.refresh_token.reveal().to_string()),
            device_token: None,
        }
    }
}

impl Example for Tokens {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTliN2EzZCJ9.c2lnbmF0dXJl".to_owned(),
            token_type: TokenType::bearer(),
            expires_in: 600,
            refresh_token: Some("bfr_AZt6PS9AfDGdHlt6YMQfKgAAAAKf2k1vYb3pPq".to_owned()),
            device_token: Some("bfd_f1Vf3vBv7kZQ1mRr7bW9AAAAAZttKzQZ".to_owned()),
        }
    }
}

/// A signed-in user's session. Mode `token` has its tokens here; mode `cookie` gets a cookie instead.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct SignedIn {
    /// Tells it from a challenge.
    pub(super) status: SignedInStatus,
    pub(super) session: Session,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tokens: Option<Tokens>,
}

impl SignedIn {
    /// The answer to an operation that issued a credential.
    pub(super) fn new(state: &AppState, Established { principal, credential }: Established) -> Self {
        let tokens = match credential {
            Credential::Cookie(_) => None,
            Credential::Tokens(tokens) => Some(tokens.into()),
        };
        Self { status: SignedInStatus::signed_in(), session: Session::new(state, &principal), tokens }
    }

    /// Adds the device token beside the refresh token.
    pub(super) fn with_device(mut self, device: &DeviceToken) -> Self {
        if let Some(tokens) = &mut self.tokens {
            tokens.device_token = Some(device.reveal().to_string());
        }
        self
    }
}

impl Example for SignedIn {
    fn example() -> Self {
        Self { status: SignedInStatus::signed_in(), session: Session::example(), tokens: Some(Tokens::example()) }
    }
}

/// RFC 8176 `amr` values.
pub(in crate::http) fn methods(methods: Methods) -> Vec<AmrValue> {
    methods.names().map(|name| AmrValue(name.to_owned())).collect()
}

/// A moment as the wire shows it.
pub(in crate::http) fn instant(moment: UnixMillis) -> Timestamp {
    moment.into()
}
