//! Reads of the data of a user that were recorded. A program that polls must not fill the trail.

use std::{collections::HashMap, time::Duration};

use entity::{
    UnixMillis, UserId,
    audit_event::{ActorKind, Model},
};

/// So long, a read that is alike is not recorded again.
const ONCE_IN: Duration = Duration::from_secs(600);

/// At most this many reads are remembered.
const MAX_READS: usize = 1000;

/// Reads that are alike: of one actor, about one user, of one kind of data.
type Key = (ActorKind, Option<String>, Option<UserId>, String);

/// Reads that were recorded, and when.
#[derive(Debug, Default)]
pub(super) struct Reads(HashMap<Key, UnixMillis>);

impl Reads {
    /// Whether a read is to be recorded.
    pub(super) fn is_new(&mut self, row: &Model) -> bool {
        let key = key(row);
        let is_recent = |at: &UnixMillis| *at <= row.at && row.at < at.plus(ONCE_IN);
        if self.0.get(&key).is_some_and(is_recent) {
            return false;
        }
        if self.0.len() >= MAX_READS {
            self.0.retain(|_, at| is_recent(at));
        }
        if self.0.len() >= MAX_READS {
            // A row too many rather than one too few.
            self.0.clear();
        }
        self.0.insert(key, row.at);
        true
    }

    /// There was no room to record a read: the next one that is alike is new.
    pub(super) fn forget(&mut self, row: &Model) {
        self.0.remove(&key(row));
    }
}

fn key(row: &Model) -> Key {
    (row.actor_kind, row.actor_id.clone(), row.user_id, row.reason.clone())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{UnixMillis, UserId, audit_event::ActorKind};
    use uuid::Uuid;

    use super::{MAX_READS, Reads};
    use crate::audit::gathered::tests::row;

    #[test]
    fn a_read_is_recorded_once_in_ten_minutes_and_memory_is_bounded() {
        let start = UnixMillis(1_767_258_000_000);
        let read = |user: u128, reason: &str, after: Duration| entity::audit_event::Model {
            at: start.plus(after),
            actor_kind: ActorKind::Key,
            actor_id: Some("key".to_owned()),
            user_id: Some(UserId(Uuid::from_u128(user))),
            reason: reason.to_owned(),
            ..row(0)
        };
        let (mut reads, at) = (Reads::default(), Duration::from_secs);
        assert!(reads.is_new(&read(1, "user", at(0))));
        assert!(!reads.is_new(&read(1, "user", at(599))));
        assert!(reads.is_new(&read(1, "sessions", at(1))) && reads.is_new(&read(2, "user", at(1))));
        assert!(reads.is_new(&read(1, "user", at(600))));
        // A clock that was set back hides no read.
        assert!(reads.is_new(&read(1, "user", at(10))));
        assert!((10..100_000).all(|user| reads.is_new(&read(user, "user", at(700)))));
        assert!(reads.0.len() <= MAX_READS);
    }
}
