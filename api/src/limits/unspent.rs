//! Attempts that a known device took for a right password. They are not refunded in the database, which would be one more write for each
//! sign-in: the device's next attempt on this node uses them instead.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entity::{LimitKey, UnixMillis};

/// From this many on, expired entries are dropped; while none has expired, no more are added.
const MAX_ENTRIES: usize = 65_536;

/// The limit that an attempt was taken from, and when that limit has one more by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Unspent(Arc<Mutex<HashMap<LimitKey, UnixMillis>>>);

impl Unspent {
    #[cfg(feature = "testbed")]
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn add(&self, key: LimitKey, until: UnixMillis, now: UnixMillis) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, until| now < *until);
        }
        if entries.len() < MAX_ENTRIES {
            entries.insert(key, until);
        }
    }

    /// Removes the entry of a key; returns until when it is valid, if it still is.
    pub(super) fn take(&self, key: &LimitKey, now: UnixMillis) -> Option<UnixMillis> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(key).filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use entity::{LimitKey, UnixMillis};

    use super::{MAX_ENTRIES, Unspent};

    fn key(n: usize) -> LimitKey {
        LimitKey(n.to_be_bytes().to_vec())
    }

    #[test]
    fn an_entry_is_used_once_and_before_the_limit_has_one_more() {
        let unspent = Unspent::default();
        unspent.add(key(1), UnixMillis(100), UnixMillis(0));
        assert_eq!(unspent.take(&key(2), UnixMillis(99)), None);
        assert_eq!(unspent.take(&key(1), UnixMillis(99)), Some(UnixMillis(100)));
        assert_eq!(unspent.take(&key(1), UnixMillis(99)), None);
        unspent.add(key(1), UnixMillis(100), UnixMillis(0));
        assert_eq!(unspent.take(&key(1), UnixMillis(100)), None);
    }

    #[test]
    fn the_number_of_entries_is_bounded() {
        let unspent = Unspent::default();
        (0..=MAX_ENTRIES).for_each(|n| unspent.add(key(n), UnixMillis(100), UnixMillis(0)));
        assert_eq!(unspent.0.lock().unwrap().len(), MAX_ENTRIES);
        assert_eq!(unspent.take(&key(MAX_ENTRIES), UnixMillis(0)), None);
        unspent.add(key(MAX_ENTRIES), UnixMillis(200), UnixMillis(100));
        assert_eq!(unspent.0.lock().unwrap().len(), 1);
    }
}
