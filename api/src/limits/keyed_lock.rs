//! One holder at a time for each key: one attempt for each account or network, one search for each operator. Without it a burst of right passwords would be refused: each takes one from the limit until it
//! has turned out right.

use std::{collections::HashMap, sync::Arc};

use entity::LimitKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::sync::{self, Mutex, MutexGuard};

/// The keys that are locked or waited for.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyedLock(Arc<Mutex<HashMap<LimitKey, Arc<Semaphore>>>>);

/// Locks a key until it is dropped.
#[derive(Debug)]
pub(crate) struct KeyGuard {
    lock: KeyedLock,
    key: LimitKey,
    permit: Option<OwnedSemaphorePermit>,
}

impl KeyedLock {
    /// Waits until the key is free; first come, first served.
    pub(crate) async fn lock(&self, key: &LimitKey) -> KeyGuard {
        let semaphore = Arc::clone(self.keys().entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(1))));
        // Made before waiting: a waiter that is cancelled removes its key too.
        let mut guard = KeyGuard { lock: self.clone(), key: key.clone(), permit: None };
        // It is never closed.
        guard.permit = semaphore.acquire_owned().await.ok();
        guard
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<LimitKey, Arc<Semaphore>>> {
        sync::lock(&self.0)
    }
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        self.permit = None;
        let mut keys = self.lock.keys();
        // A holder and each waiter own one reference more.
        if keys.get(&self.key).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            keys.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use entity::LimitKey;

    use super::KeyedLock;

    #[tokio::test]
    async fn one_holder_a_key_and_no_key_is_left_behind() {
        let (lock, holders) = (KeyedLock::default(), Arc::new([const { AtomicUsize::new(0) }; 2]));
        let tasks = (0..50_u8).map(|n| {
            let (lock, holders) = (lock.clone(), Arc::clone(&holders));
            tokio::spawn(async move {
                let _guard = lock.lock(&LimitKey(vec![n % 2])).await;
                let holders = &holders[usize::from(n % 2)];
                assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                holders.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let guard = lock.lock(&LimitKey(vec![7])).await;
        let waiting = lock.clone();
        let cancelled = tokio::spawn(async move { waiting.lock(&LimitKey(vec![7])).await });
        tokio::task::yield_now().await;
        cancelled.abort();
        assert!(cancelled.await.is_err());
        assert_eq!(lock.keys().len(), 1);
        drop(guard);
        assert!(lock.keys().is_empty());
    }
}
