//! Limits that this process counts by itself.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use entity::UnixMillis;

use super::gcra;
use crate::config::Rate;

/// From this many on, limits whose full burst is available again are dropped.
const MAX_TRACKED: usize = 65_536;

/// The number of each limit ([`gcra`]).
#[derive(Debug)]
pub(super) struct LocalLimits<K>(Mutex<HashMap<K, UnixMillis>>);

impl<K> Default for LocalLimits<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + Eq + Hash> LocalLimits<K> {
    /// Makes all available again.
    #[cfg(feature = "testbed")]
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Takes one; or returns how long to wait.
    pub(super) fn take(&self, key: K, rate: Rate, reserve: Duration, now: UnixMillis) -> Result<(), Duration> {
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if limits.len() >= MAX_TRACKED && !limits.contains_key(&key) {
            limits.retain(|_, new_at| *new_at > now);
        }
        let new_at = limits.get(&key).copied().unwrap_or(now);
        let taken = gcra::take(rate, reserve, new_at, now);
        limits.insert(key, taken.unwrap_or_else(|exhausted| exhausted.new_at));
        taken.map(drop).map_err(|exhausted| exhausted.wait)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::UnixMillis;

    use super::{LocalLimits, MAX_TRACKED};
    use crate::config::Rate;

    #[test]
    fn limits_that_are_full_again_are_dropped() {
        let (limits, rate) = (LocalLimits::default(), Rate::parse("2/2s").unwrap());
        let take = |key: usize, now| limits.take(key, rate, Duration::ZERO, UnixMillis(now));
        (0..MAX_TRACKED).for_each(|key| take(key, 0).unwrap());
        take(MAX_TRACKED, 999).unwrap();
        assert_eq!(limits.0.lock().unwrap().len(), MAX_TRACKED + 1);
        take(0, 1000).unwrap();
        assert_eq!(limits.0.lock().unwrap().len(), MAX_TRACKED + 1, "one that is tracked takes no more space");
        take(MAX_TRACKED + 1, 1000).unwrap();
        assert_eq!(limits.0.lock().unwrap().len(), 3);
        assert_eq!(take(MAX_TRACKED, 1000), Ok(()));
        assert_eq!(take(MAX_TRACKED, 1000), Err(Duration::from_millis(999)));
    }
}
