//! The closed list of problem codes, each with its status and headers.

use poem::http::{HeaderName, header};
use poem_openapi::{Enum, types::ToJSON};
use serde_json::Value;

/// The challenges of a 401.
pub(in crate::http) const BEARER: &str = "Bearer";
pub(in crate::http) const BEARER_INVALID_TOKEN: &str = r#"Bearer error="invalid_token""#;

macro_rules! problem_codes {
    ($($(#[doc = $doc:literal])+ $code:ident = $status:literal, $title:literal;)+) => {
        /// What went wrong, for programs. The list is closed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
        #[oai(rename_all = "snake_case")]
        pub(in crate::http) enum ProblemCode { $($(#[doc = $doc])+ $code,)+ }

        /// What each code says, in the order of the list.
        pub(in crate::http) const PROBLEM_CODES: &[&str] = &[$(concat!($($doc),+),)+];

        impl ProblemCode {
            /// The status that always goes with this code.
            pub(in crate::http) fn status(self) -> u16 {
                match self { $(Self::$code => $status,)+ }
            }

            /// For people.
            pub(in crate::http) fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)+ }
            }

            /// As on the wire.
            pub(in crate::http) fn name(self) -> Value {
                self.to_json().unwrap_or_default()
            }
        }
    };
}

problem_codes! {
    /// The request cannot be parsed: it is no JSON, or a parameter has the wrong form.
    MalformedRequest = 400, "Malformed request";
    /// Two `Authorization` headers, or two different cookies of the same name.
    AmbiguousCredentials = 400, "More than one credential of the same kind";
    /// The request has no credential.
    Unauthenticated = 401, "Authentication required";
    /// The `Authorization` header has another scheme than `Bearer`, and displaces the cookie. A proxy or HTTP Basic may have added it.
    UnsupportedAuthorization = 401, "Authorization is not a bearer token";
    /// The session cookie proves nothing, or its session has ended.
    InvalidSession = 401, "Session ended";
    /// The access token proves nothing, has expired, or its session has ended.
    InvalidToken = 401, "Invalid access token";
    /// Wrong e-mail address or password.
    InvalidCredentials = 401, "Wrong e-mail address or password";
    /// The refresh token proves nothing, or its session has ended.
    InvalidRefreshToken = 401, "Invalid refresh token";
    /// The refresh token was used before, so there is a copy of it. Its session has ended.
    RefreshReused = 401, "Refresh token reused";
    /// The admin key was never made, has expired, or was revoked.
    InvalidAdminKey = 401, "Invalid admin key";
    /// The challenge was used, has expired, has no tries left, or is void since the credentials changed: sign in again.
    InvalidChallenge = 401, "Invalid challenge";
    /// A state-changing request came from an origin that is not allowed.
    OriginNotAllowed = 403, "Origin not allowed";
    /// The session is not fresh: call `reauthenticate` first.
    ReauthenticationRequired = 403, "Re-authentication required";
    /// The password that was given to re-authenticate is another one.
    WrongPassword = 403, "Wrong password";
    /// The code of the second factor is another one, has expired, or was used.
    WrongCode = 403, "Wrong code";
    /// The answer of the passkey does not verify, or was used: start again.
    InvalidPasskey = 403, "Invalid passkey";
    /// The service does not know the passkey: it was removed, or is of another service.
    UnknownPasskey = 403, "Unknown passkey";
    /// Two factors are demanded: a code beside the password. To administrate, add a second factor first.
    SecondFactorRequired = 403, "Second factor required";
    /// The operation is for administrators: users with the role `admin`. An admin key acts on no administrator, and makes none.
    AdminRequired = 403, "Administrator required";
    /// The admin key lacks the scope of the operation, `x-admin-scope`.
    ScopeMissing = 403, "Scope missing";
    /// The service is not administrated from this network.
    NetworkNotAllowed = 403, "Network not allowed";
    /// The one-time token was used, has expired, or was never issued.
    InvalidOneTimeToken = 403, "Invalid one-time token";
    /// There is no such resource.
    NotFound = 404, "Not found";
    /// The path does not support this method; `Allow` lists those it does.
    MethodNotAllowed = 405, "Method not allowed";
    /// The body did not arrive within ten seconds.
    RequestTimeout = 408, "Request timeout";
    /// Another user has this e-mail address.
    EmailTaken = 409, "E-mail address taken";
    /// The user has an authenticator app: remove it first.
    SecondFactorExists = 409, "Second factor exists";
    /// The passkey was added before.
    PasskeyExists = 409, "Passkey exists";
    /// The user has 20 passkeys: remove one first.
    TooManyPasskeys = 409, "Too many passkeys";
    /// The user has no password and no other passkey, and could not sign in any more.
    LastSignInMethod = 409, "Last way to sign in";
    /// The user is the last administrator who can sign in: give another user the role `admin` first.
    LastAdministrator = 409, "Last administrator";
    /// The user or the webhook has changed since the version of `If-Match`: read it again.
    VersionConflict = 409, "Version conflict";
    /// The user is disabled: enable the user first.
    UserDisabled = 409, "User disabled";
    /// There are 16 webhooks: delete one first.
    TooManyWebhooks = 409, "Too many webhooks";
    /// The webhook is disabled: enable it first.
    WebhookDisabled = 409, "Webhook disabled";
    /// The signing key signs now: rotate the keys first, or an older one would sign again.
    KeySigns = 409, "Key signs";
    /// There are 16 signing keys: retire one first.
    TooManyKeys = 409, "Too many keys";
    /// The user has a password or a passkey, so there is nothing to invite to: send a reset instead.
    AlreadySignedUp = 409, "Already signed up";
    /// The address of the user is not verified, and the user has a password or a passkey: a stranger may have signed up with it.
    EmailUnverified = 409, "Address not verified";
    /// The body is over 64 KiB.
    BodyTooLarge = 413, "Body too large";
    /// The body is not `application/json`.
    UnsupportedMediaType = 415, "Unsupported media type";
    /// Values break rules; `errors` names the fields and the rules.
    ValidationFailed = 422, "Validation failed";
    /// Too many attempts; try again after `Retry-After`.
    RateLimited = 429, "Too many attempts";
    /// A fault of the service; its log has the cause.
    InternalError = 500, "Internal error";
    /// Too many passwords wait to be hashed, or too many operators search; try again after `Retry-After`.
    Overloaded = 503, "Overloaded";
    /// A dependency is down; try again after `Retry-After`.
    Unavailable = 503, "Unavailable";
}

impl ProblemCode {
    /// Whether only the admin API answers with this code.
    pub(in crate::http) fn is_of_admin(self) -> bool {
        matches!(
            self,
            Self::AdminRequired
                | Self::ScopeMissing
                | Self::NetworkNotAllowed
                | Self::InvalidAdminKey
                | Self::VersionConflict
                | Self::UserDisabled
                | Self::TooManyWebhooks
                | Self::WebhookDisabled
                | Self::KeySigns
                | Self::TooManyKeys
                | Self::AlreadySignedUp
                | Self::EmailUnverified
        )
    }

    /// The header of a code: `WWW-Authenticate` (RFC 9110 section 15.5.2, RFC 6750 section 3) or `Retry-After`.
    pub(in crate::http) fn header(self) -> Option<(HeaderName, &'static str)> {
        match (self, self.status()) {
            (Self::InvalidToken | Self::InvalidAdminKey, _) => Some((header::WWW_AUTHENTICATE, BEARER_INVALID_TOKEN)),
            (_, 401) => Some((header::WWW_AUTHENTICATE, BEARER)),
            (Self::Overloaded, _) => Some((header::RETRY_AFTER, "1")),
            (_, 503) => Some((header::RETRY_AFTER, "5")),
            _ => None,
        }
    }
}
