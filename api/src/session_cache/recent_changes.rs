//! The changes of the last minutes.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::change::{Change, Subject};
use crate::principal::Principal;

/// How long changes are kept at least: longer than it takes until anything that was read before a change arrives, be it an entry in Redis
/// or the answer of a slow database.
pub const WINDOW: Duration = Duration::from_secs(15 * 60);

/// How long an entry in Redis is valid after it was read. The rest of the window covers a change that was committed long after its timestamp.
pub(super) const SHARED_FOR: Duration = Duration::from_secs(WINDOW.as_secs() * 2 / 3);

/// The last known version of each session and user that changed within the window. Two generations: the older is dropped as a whole.
#[derive(Debug)]
pub(super) struct RecentChanges {
    current: HashMap<Subject, i64>,
    previous: HashMap<Subject, i64>,
    since: Instant,
    /// How often all were forgotten.
    generation: u64,
}

impl RecentChanges {
    pub(super) fn new() -> Self {
        Self { current: HashMap::new(), previous: HashMap::new(), since: Instant::now(), generation: 0 }
    }

    /// Forgets all changes: the database has lost them.
    pub(super) fn forget(&mut self) {
        *self = Self { generation: self.generation + 1, ..Self::new() };
    }

    /// What was read in a former generation may be lost.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Keeps a change; false if it was known.
    pub(super) fn note(&mut self, change: Change) -> bool {
        if self.since.elapsed() > WINDOW {
            self.previous = std::mem::take(&mut self.current);
            self.since = Instant::now();
        }
        let is_news = self.version(change.subject) < change.version;
        if is_news {
            self.current.insert(change.subject, change.version);
        }
        is_news
    }

    /// Whether nothing has changed since this was read.
    pub(super) fn allows(&self, Principal { session, user }: &Principal) -> bool {
        let of_user = self.version(Subject::User(user.id));
        session.version >= self.version(Subject::Session(session.id)) && session.user_version >= of_user && user.version >= of_user
    }

    /// The lowest valid version; zero if nothing changed.
    fn version(&self, subject: Subject) -> i64 {
        let known = |changes: &HashMap<_, _>| changes.get(&subject).copied();
        known(&self.current).or_else(|| known(&self.previous)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use entity::SessionId;
    use tokio::time::advance;
    use uuid::Uuid;

    use super::{Change, RecentChanges, WINDOW};

    #[tokio::test(start_paused = true)]
    async fn changes_are_kept_for_the_window_and_not_for_ever() {
        let mut recent = RecentChanges::new();
        let change = |n, version| Change::session(SessionId(Uuid::from_u128(n)), version);
        assert!(recent.note(change(1, 3)));
        assert!(!recent.note(change(1, 3)) && !recent.note(change(1, 2)), "neither it nor an older version is news");
        for _ in 0..3 {
            assert_eq!(recent.version(change(1, 0).subject), 3);
            advance(WINDOW / 3).await;
            recent.note(change(2, 1));
        }
        advance(2 * WINDOW).await;
        recent.note(change(3, 1));
        advance(2 * WINDOW).await;
        recent.note(change(4, 1));
        assert_eq!(recent.version(change(1, 0).subject), 0);
    }

    #[test]
    fn each_time_all_changes_are_forgotten_begins_a_generation() {
        let mut recent = RecentChanges::new();
        let change = Change::session(SessionId(Uuid::from_u128(1)), 3);
        for generation in 0..3 {
            assert!(recent.note(change) && recent.version(change.subject) == 3);
            assert_eq!(recent.generation(), generation);
            recent.forget();
        }
    }
}
