//! One attempt at a time at the same thing. Without it a burst of right passwords would be refused, because each takes one of the
//! limit until it has turned out right.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::LimitKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Those who have a turn, and those who wait for one.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<LimitKey, Arc<Semaphore>>>>);

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    key: LimitKey,
    permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits for a turn; in order.
    pub(super) async fn wait(&self, key: &LimitKey) -> Turn {
        let one = Arc::clone(self.lock().entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(1))));
        // Made before waiting: whoever leaves meanwhile clears up too.
        let mut turn = Turn { turns: self.clone(), key: key.clone(), permit: None };
        // It is never closed.
        turn.permit = one.acquire_owned().await.ok();
        turn
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LimitKey, Arc<Semaphore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.permit = None;
        let mut turns = self.turns.lock();
        // Nobody else has it or waits for it: those hold it as well.
        if turns.get(&self.key).is_some_and(|one| Arc::strong_count(one) == 1) {
            turns.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use entity::LimitKey;

    use super::Turns;

    #[tokio::test]
    async fn one_at_a_time_and_nothing_is_left() {
        let (turns, at_once) = (Turns::default(), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..50_u8).map(|n| {
            let (turns, at_once) = (turns.clone(), Arc::clone(&at_once));
            tokio::spawn(async move {
                let _turn = turns.wait(&LimitKey(vec![n % 2])).await;
                assert!(at_once.fetch_add(1, Ordering::SeqCst) < 2, "one of each");
                tokio::task::yield_now().await;
                at_once.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let held = turns.wait(&LimitKey(vec![7])).await;
        let waiting = turns.clone();
        let given_up = tokio::spawn(async move { waiting.wait(&LimitKey(vec![7])).await });
        tokio::task::yield_now().await;
        given_up.abort();
        assert!(given_up.await.is_err());
        assert_eq!(turns.lock().len(), 1);
        drop(held);
        assert!(turns.lock().is_empty());
    }
}
