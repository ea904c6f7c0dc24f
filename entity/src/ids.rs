//! Typed ids, so that no query can find a session by the id of a user. All are UUIDv7: they sort by creation.

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::SecretHash;

/// A user: the JWT's `sub`. Never reused, even after the user is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize, Deserialize)]
pub struct UserId(pub Uuid);

/// A session: the JWT's `sid`, and the first 16 bytes of its cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize, Deserialize)]
pub struct SessionId(pub Uuid);

/// A grant: the first 16 bytes of its refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct GrantId(pub Uuid);

impl GrantId {
    /// The id of a session's own grant.
    pub fn of(session: SessionId) -> Self {
        Self(session.0)
    }
}

/// A mail in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, DeriveValueType)]
pub struct MailId(pub Uuid);

/// A one-time token: the first half of what the mail carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, DeriveValueType)]
pub struct OneTimeTokenId(pub Uuid);

/// A challenge: the first half of what the client holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, DeriveValueType)]
pub struct ChallengeId(pub Uuid);

/// A passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, DeriveValueType)]
pub struct PasskeyId(pub Uuid);

/// A request for a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, DeriveValueType)]
pub struct ResetRequestId(pub Uuid);

/// An admin key: the first half of what its holder sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, DeriveValueType)]
pub struct AdminKeyId(pub Uuid);

/// A row of the audit trail. Rows sort by it in the order of their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct AuditEventId(pub Uuid);

/// An endpoint of webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, DeriveValueType)]
pub struct WebhookId(pub Uuid);

/// The key of a limit: a keyed hash of an account, or of an account and a network or device.
#[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveValueType)]
pub struct LimitKey(pub Vec<u8>);

/// SeaORM demands of what is in a primary key a conversion from an auto-increment number. These have none.
macro_rules! never_a_number {
    ($($id:ident),*) => {$(
        impl TryFromU64 for $id {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($id)))
            }
        }
    )*};
}
never_a_number!(
    UserId,
    SessionId,
    GrantId,
    MailId,
    OneTimeTokenId,
    ChallengeId,
    PasskeyId,
    ResetRequestId,
    AdminKeyId,
    AuditEventId,
    WebhookId,
    LimitKey,
    SecretHash
);
