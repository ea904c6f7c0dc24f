//! What nodes push to each other: a session or a user has changed.

use entity::{SessionId, UserId};
use uuid::Uuid;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One session.
    Session(SessionId),
    /// A user, and so all their sessions.
    User(UserId),
}

/// A session or a user has changed: entries from before this version are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What has changed.
    pub subject: Subject,
    /// The version that the row has since then.
    pub version: i64,
}

/// Bytes of a change on the wire: what kind of subject, its id, its version.
const LENGTH: usize = 1 + 16 + 8;

impl Change {
    /// A session has ended, for good: no version of it is valid.
    pub fn ended(session: SessionId) -> Self {
        Self { subject: Subject::Session(session), version: i64::MAX }
    }

    /// A session was renewed.
    pub fn session(session: SessionId, version: i64) -> Self {
        Self { subject: Subject::Session(session), version }
    }

    /// A user, or several of their sessions, have changed.
    pub fn user(user: UserId, version: i64) -> Self {
        Self { subject: Subject::User(user), version }
    }

    /// A user was deleted.
    pub fn gone(user: UserId) -> Self {
        Self { subject: Subject::User(user), version: i64::MAX }
    }

    fn encode(self, message: &mut Vec<u8>) {
        let (kind, id) = match self.subject {
            Subject::Session(SessionId(id)) => (b's', id),
            Subject::User(UserId(id)) => (b'u', id),
        };
        message.push(kind);
        message.extend_from_slice(id.as_bytes());
        message.extend_from_slice(&self.version.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (id, version) = rest.split_at_checked(16)?;
        let id = Uuid::from_slice(id).ok()?;
        let subject = match kind {
            b's' => Subject::Session(SessionId(id)),
            b'u' => Subject::User(UserId(id)),
            _ => return None,
        };
        Some(Self { subject, version: i64::from_be_bytes(version.try_into().ok()?) })
    }
}

/// Changes as one message.
pub(super) fn encode(changes: &[Change]) -> Vec<u8> {
    let mut message = Vec::with_capacity(changes.len() * LENGTH);
    for change in changes {
        change.encode(&mut message);
    }
    message
}

/// The changes of a message. Kinds of a newer version are skipped.
pub(super) fn decode(message: &[u8]) -> impl Iterator<Item = Change> {
    message.chunks(LENGTH).filter_map(Change::decode)
}

#[cfg(test)]
mod tests {
    use entity::{SessionId, UserId};
    use uuid::Uuid;

    use super::{Change, decode, encode};

    #[test]
    fn changes_are_encoded_and_decoded() {
        let changes = [Change::ended(SessionId(Uuid::from_u128(7))), Change::user(UserId(Uuid::from_u128(8)), 3)];
        assert_eq!(decode(&encode(&changes)).collect::<Vec<_>>(), changes);
    }

    #[test]
    fn other_bytes_are_skipped() {
        for message in [&b""[..], b"x", &[b's'; 24], &[0; 25]] {
            assert_eq!(decode(message).count(), 0);
        }
    }
}
