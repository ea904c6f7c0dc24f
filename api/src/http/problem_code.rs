//! The closed list of what can go wrong, with the status and the headers that each code always comes with.

use poem::http::{HeaderName, header};
use poem_openapi::{Enum, types::ToJSON};
use serde_json::Value;

macro_rules! problem_codes {
    ($($(#[doc = $doc:literal])+ $code:ident = $status:literal, $title:literal;)+) => {
        /// What went wrong: the part of a problem that programs read. The list is closed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
        #[oai(rename_all = "snake_case")]
        pub(super) enum ProblemCode { $($(#[doc = $doc])+ $code,)+ }

        impl ProblemCode {
            /// The status that always goes with this code.
            pub(super) fn status(self) -> u16 {
                match self { $(Self::$code => $status,)+ }
            }

            /// In words.
            pub(super) fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)+ }
            }

            /// As it is written on the wire.
            pub(super) fn name(self) -> Value {
                self.to_json().unwrap_or_default()
            }
        }
    };
}

problem_codes! {
    /// The request cannot be read: no JSON, or a parameter of the wrong form.
    MalformedRequest = 400, "The request cannot be read";
    /// Two `Authorization` headers, or two different cookies of the same name.
    AmbiguousCredentials = 400, "The request carries more than one credential of the same kind";
    /// No credential was presented.
    Unauthenticated = 401, "Sign in first";
    /// The session cookie proves nothing, or its session is over.
    InvalidSession = 401, "The session is over";
    /// The access token proves nothing, has expired, or its session is over.
    InvalidToken = 401, "The access token is not valid";
    /// Wrong e-mail address or password.
    InvalidCredentials = 401, "Wrong e-mail address or password";
    /// The refresh token proves nothing, or its session is over.
    InvalidRefreshToken = 401, "The refresh token is not valid";
    /// The refresh token was used before: somebody has a copy. Its session has ended.
    RefreshReused = 401, "The refresh token was used before";
    /// A page from an origin that is not listed sent the request.
    OriginNotAllowed = 403, "Requests from this origin are not allowed";
    /// The password must be typed again first.
    ReauthenticationRequired = 403, "Type your password again first";
    /// The password typed to confirm something is another one.
    WrongPassword = 403, "Wrong password";
    /// The token was used, has expired, or was never one.
    InvalidOneTimeToken = 403, "The link counts no more";
    /// There is nothing here.
    NotFound = 404, "There is nothing here";
    /// This method is not for this path; `Allow` lists those that are.
    MethodNotAllowed = 405, "This method is not for this path";
    /// The request came too slowly.
    RequestTimeout = 408, "The request came too slowly";
    /// Somebody has this e-mail address.
    EmailTaken = 409, "This e-mail address is taken";
    /// The body is over 64 KiB.
    BodyTooLarge = 413, "The body is too large";
    /// The body is not `application/json`.
    UnsupportedMediaType = 415, "Send application/json";
    /// Some values break rules; `errors` names the fields and the rules.
    ValidationFailed = 422, "Some values break rules";
    /// Too many attempts; come back after `Retry-After`.
    RateLimited = 429, "Too many attempts";
    /// Our fault; the log knows more.
    InternalError = 500, "Something went wrong on our side";
    /// Too many sign-ins at once; come back after `Retry-After`.
    Overloaded = 503, "Too many sign-ins at once";
    /// Something that the answer depends on is down; come back after `Retry-After`.
    Unavailable = 503, "Something we need is down";
}

impl ProblemCode {
    /// The header that a code must come with: RFC 9110 section 15.5.2, RFC 6750 section 3, and when to come back.
    pub(super) fn header(self) -> Option<(HeaderName, &'static str)> {
        match (self, self.status()) {
            (Self::InvalidToken, _) => Some((header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)),
            (_, 401) => Some((header::WWW_AUTHENTICATE, "Bearer")),
            (Self::Overloaded, _) => Some((header::RETRY_AFTER, "1")),
            (_, 503) => Some((header::RETRY_AFTER, "5")),
            _ => None,
        }
    }
}
