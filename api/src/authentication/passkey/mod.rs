//! Passkeys: what the service demands of them, beyond that their signatures verify.
//!
//! The authenticator verifies the user, so one passkey is two factors. The page is one of the listed origins, and in no frame of another
//! one. A challenge serves one signature: it is used up in the transaction that acts on it.

mod matched;
mod options;
mod party;
mod providers;
pub(crate) mod store;
mod verify;

pub(crate) use matched::MatchedPasskey;
pub use options::{AuthenticationOptions, RegistrationOptions, registration_options, start_authentication};
pub use providers::provider;
pub(crate) use verify::{Attempt, NewPasskey, verify_registration};

use entity::UserId;

use crate::{
    audit::{Event, Record},
    db::Unavailable,
    state::AppState,
    webauthn::WebauthnError,
};

/// The most passkeys of one user.
pub(crate) const MAX_PASSKEYS: u64 = 20;

/// Why an answer of a passkey proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum VerifyPasskeyError {
    /// The answer does not verify.
    #[error(transparent)]
    Invalid(#[from] WebauthnError),
    /// The authenticator did not verify the user.
    #[error("the user was not verified")]
    UserNotVerified,
    /// The page was in a frame of another origin.
    #[error("the page was in a frame")]
    Framed,
    /// The passkey belongs to another user, or the authenticator says so.
    #[error("the passkey belongs to another user")]
    OtherUser,
    /// The service does not know the passkey.
    #[error("the passkey is unknown")]
    Unknown,
    /// The authenticator counted less than before, so there is a copy of it.
    #[error("the passkey was copied")]
    Copied(UserId),
    /// The passkey is no longer what it was when it was added: whether it may be backed up never changes.
    #[error("the passkey changed")]
    Changed,
    /// The challenge was used, or the passkey was removed in the meantime.
    #[error("the answer was used")]
    Used,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

impl VerifyPasskeyError {
    /// Records what was refused.
    #[must_use]
    pub(crate) fn recorded(self, state: &AppState) -> Self {
        if let Some(record) = self.record() {
            state.record(record);
        }
        self
    }

    /// `None` if nothing was refused.
    fn record(&self) -> Option<Record> {
        let reason = match self {
            Self::Invalid(WebauthnError::Challenge) => "challenge",
            Self::Invalid(WebauthnError::Origin) => "origin",
            Self::Invalid(WebauthnError::RelyingParty) => "rp_id",
            Self::Invalid(WebauthnError::Ceremony) => "ceremony",
            Self::Invalid(WebauthnError::Signature) => "signature",
            Self::Invalid(_) => "malformed",
            Self::UserNotVerified => "user_not_verified",
            Self::Framed => "framed",
            Self::OtherUser => "other_user",
            Self::Unknown => "unknown",
            Self::Copied(user) => return Some(Event::PasskeyCopied.of(*user)),
            Self::Changed => "changed",
            Self::Used => "used",
            Self::Store(_) => return None,
        };
        Some(Event::PasskeyRefused.because(reason))
    }
}
