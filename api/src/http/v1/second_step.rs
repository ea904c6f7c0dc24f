//! What `signIn` answers to a user with a second factor.

use entity::session;
use poem_openapi::{Enum, Object, types::Example};
use serde::Serialize;

use super::{
    codes::ChallengeStatus,
    model::{User, instant},
};
use crate::{
    authentication::{self, IssuedChallenge},
    http::response::timestamp::Timestamp,
};

/// A kind of second factor.
#[derive(Clone, Copy, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum Factor {
    /// A passkey, for `completeSignInWithPasskey`.
    Passkey,
    /// The code of an authenticator app (RFC 6238).
    Totp,
    /// A code that the user wrote down.
    RecoveryCode,
}

impl From<authentication::Factor> for Factor {
    fn from(factor: authentication::Factor) -> Self {
        match factor {
            authentication::Factor::Passkey => Self::Passkey,
            authentication::Factor::Totp => Self::Totp,
            authentication::Factor::RecoveryCode => Self::RecoveryCode,
        }
    }
}

/// A kind of code.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum CodeFactor {
    /// The code of an authenticator app (RFC 6238).
    Totp,
    /// A code that the user wrote down.
    RecoveryCode,
}

impl From<CodeFactor> for authentication::CodeKind {
    fn from(factor: CodeFactor) -> Self {
        match factor {
            CodeFactor::Totp => Self::Totp,
            CodeFactor::RecoveryCode => Self::Recovery,
        }
    }
}

/// A sign-in that waits for a second factor. It opens nothing, and ends after ten minutes or five codes.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct Challenge {
    /// Tells it from `SignedIn`.
    status: ChallengeStatus,
    /// What completes the sign-in.
    factors: Vec<Factor>,
    expires_at: Timestamp,
    /// Mode `token`: for `completeSignIn`. Mode `cookie` gets a cookie instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Challenge {
    pub(super) fn new(issued: &IssuedChallenge) -> Self {
        let token = (issued.mode == session::Mode::Token).then(|| issued.token.reveal().to_string());
        let factors = issued.factors.iter().copied().map(Factor::from).collect();
        Self { status: ChallengeStatus::challenge(), factors, expires_at: instant(issued.expires_at), token }
    }
}

pub(super) const EXAMPLE_TOKEN: &str = "bfc_AZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gwsm7j_UwAXxaJnI06ctNuO";

impl Example for Challenge {
    fn example() -> Self {
        Self {
            status: ChallengeStatus::challenge(),
            factors: vec![Factor::Totp, Factor::RecoveryCode],
            expires_at: User::example_time(),
            token: Some(EXAMPLE_TOKEN.to_owned()),
        }
    }
}
