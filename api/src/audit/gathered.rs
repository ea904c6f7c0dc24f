//! Rows that wait to be stored in the background. Their number is bounded, however many refusals clients cause.

use std::collections::HashMap;

use entity::{SessionId, UnixMillis, UserId, audit_event::Model};

use super::catalogue::Event;

/// At most this many rows of each class wait.
pub(super) const MAX_ROWS: usize = 1000;

/// A node may add this many rows of a class at once, and then one in each of these spans: five a second, or 432,000 a day.
const BURST: i64 = 1000;
const REFILL_MILLIS: i64 = 200;

/// Rows of one class do not use up the room of another: a flood of what is easy to cause hides nothing that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    /// An operator read the data of a user.
    Read,
    /// The actor has authenticated.
    Authenticated,
    /// The row names a user.
    Named,
    /// An operator should look at it.
    Warning,
    /// Everything else. Anyone can cause it, from any number of addresses.
    Other,
}

impl Class {
    fn of(row: &Model) -> Self {
        if row.event == Event::UserRead.name() {
            Self::Read
        } else if row.actor_id.is_some() {
            Self::Authenticated
        } else if row.user_id.is_some() {
            Self::Named
        } else if Event::named(&row.event).is_some_and(Event::is_warning) {
            Self::Warning
        } else {
            Self::Other
        }
    }
}

/// What refusals that share a row have in common. Not the `User-Agent`: a client could send another one each time, and fill the room.
type Key = (String, String, Option<String>, Option<UserId>, Option<SessionId>, Option<String>);

/// Rows that wait, by their class.
#[derive(Debug, Default)]
pub(super) struct Gathered(HashMap<Class, Room>);

/// The rows of one class, by what they have in common.
#[derive(Debug, Default)]
struct Room {
    rows: HashMap<Key, Model>,
    /// The level of a leaky bucket: one for each row that was allowed.
    taken: i64,
    leaked_at: i64,
}

fn key(row: &Model) -> Key {
    let Model { event, reason, actor_id, user_id, session_id, ip, .. } = row.clone();
    (event, reason, actor_id, user_id, session_id, ip)
}

impl Gathered {
    /// Adds a row; false if there is no room, or if the allowance is used up.
    pub(super) fn add(&mut self, row: Model, now: UnixMillis) -> bool {
        self.0.entry(Class::of(&row)).or_default().add(row, now)
    }

    /// Adds a row that was allowed before; false if there is no room.
    pub(super) fn put_back(&mut self, row: Model) -> bool {
        self.0.entry(Class::of(&row)).or_default().put_back(row)
    }

    /// Takes all rows, oldest first.
    pub(super) fn take(&mut self) -> Vec<Model> {
        let mut rows: Vec<_> = self.0.values_mut().flat_map(|room| std::mem::take(&mut room.rows).into_values()).collect();
        rows.sort_by_key(|row| row.id);
        rows
    }
}

impl Room {
    fn add(&mut self, row: Model, now: UnixMillis) -> bool {
        if let Some(alike) = self.rows.get_mut(&key(&row)) {
            alike.times += row.times;
            return true;
        }
        // A clock that was set back leaks nothing until it has caught up.
        let leaked = (now.0 - self.leaked_at).max(0) / REFILL_MILLIS;
        self.taken = (self.taken - leaked).max(0);
        self.leaked_at += leaked * REFILL_MILLIS;
        if self.taken >= BURST || !self.put_back(row) {
            return false;
        }
        self.taken += 1;
        true
    }

    fn put_back(&mut self, row: Model) -> bool {
        let (is_full, key) = (self.rows.len() >= MAX_ROWS, key(&row));
        match self.rows.get_mut(&key) {
            Some(alike) => alike.times += row.times,
            None if is_full => return false,
            None => drop(self.rows.insert(key, row)),
        }
        true
    }
}

#[cfg(test)]
pub(super) mod tests {
    use entity::{
        AuditEventId, UnixMillis,
        audit_event::{ActorKind, Model},
    };

    use super::{BURST, Gathered, MAX_ROWS, REFILL_MILLIS};
    use crate::random;

    /// A refused sign-in, from one of many addresses.
    pub(in crate::audit) fn row(ip: usize) -> Model {
        Model {
            id: AuditEventId(random::uuid_v7(UnixMillis(0))),
            at: UnixMillis(0),
            event: "sign_in_refused".to_owned(),
            reason: String::new(),
            actor_kind: ActorKind::User,
            actor_id: None,
            user_id: None,
            session_id: None,
            ip: Some(ip.to_string()),
            user_agent: None,
            request_id: None,
            detail: None,
            times: 1,
        }
    }

    #[test]
    fn refusals_that_are_alike_share_a_row_and_the_others_are_few() {
        let (mut gathered, mut now) = (Gathered::default(), UnixMillis(1_767_258_000_000));
        assert!((0..100_000).all(|_| gathered.add(row(0), now)), "alike");
        let added = (1..10_000).filter(|ip| gathered.add(row(*ip), now)).count();
        let first = gathered.take();
        assert_eq!((first.len(), added + 1), (MAX_ROWS, MAX_ROWS));
        assert_eq!(first.iter().map(|row| row.times).max(), Some(100_000));
        assert!(!gathered.add(row(0), now), "the room is there, the allowance is not");
        now = UnixMillis(now.0 + 10 * REFILL_MILLIS);
        assert_eq!((0..100).filter(|ip| gathered.add(row(*ip), now)).count(), 10, "five a second");
        // Rows that could not be stored need no other allowance.
        let waiting = gathered.take();
        assert!(waiting.into_iter().all(|row| gathered.put_back(row)));
        assert_eq!(gathered.take().len(), 10);
        now = UnixMillis(now.0 + 2 * BURST * REFILL_MILLIS);
        assert_eq!((0..10_000).filter(|ip| gathered.add(row(*ip), now)).count(), MAX_ROWS, "no more than at first");
        assert!(!gathered.add(row(10_000), UnixMillis(0)), "a clock that was set back");
    }
}
