//! Attempts that were taken for a right password from a known device. They are not given back, which would be one more write for each
//! sign-in: the device's next try on this node has one already.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entity::{LimitKey, UnixMillis};

/// As many as are kept before those that count no more are forgotten; if all count, no more are kept.
const MOST: usize = 65_536;

/// What was taken for what, and until when it counts: then the limit itself has one more again.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<Mutex<HashMap<LimitKey, UnixMillis>>>);

impl Kept {
    /// Keeps what counts until then.
    pub(super) fn keep(&self, key: LimitKey, until: UnixMillis, now: UnixMillis) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, until| now < *until);
        }
        if kept.len() < MOST {
            kept.insert(key, until);
        }
    }

    /// Takes what is kept for this, and says until when it counts.
    pub(super) fn take(&self, key: &LimitKey, now: UnixMillis) -> Option<UnixMillis> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(key).filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use entity::{LimitKey, UnixMillis};

    use super::{Kept, MOST};

    fn key(n: usize) -> LimitKey {
        LimitKey(n.to_be_bytes().to_vec())
    }

    #[test]
    fn it_counts_once_and_until_the_limit_has_one_more() {
        let kept = Kept::default();
        kept.keep(key(1), UnixMillis(100), UnixMillis(0));
        assert_eq!(kept.take(&key(2), UnixMillis(99)), None);
        assert_eq!(kept.take(&key(1), UnixMillis(99)), Some(UnixMillis(100)));
        assert_eq!(kept.take(&key(1), UnixMillis(99)), None);
        kept.keep(key(1), UnixMillis(100), UnixMillis(0));
        assert_eq!(kept.take(&key(1), UnixMillis(100)), None);
    }

    #[test]
    fn there_are_never_too_many() {
        let kept = Kept::default();
        (0..=MOST).for_each(|n| kept.keep(key(n), UnixMillis(100), UnixMillis(0)));
        assert_eq!(kept.0.lock().unwrap().len(), MOST);
        assert_eq!(kept.take(&key(MOST), UnixMillis(0)), None);
        kept.keep(key(MOST), UnixMillis(200), UnixMillis(100));
        assert_eq!(kept.0.lock().unwrap().len(), 1);
    }
}
