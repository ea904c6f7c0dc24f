//! Work that goes on without the request that it came from.

use std::{
    collections::HashSet,
    hash::Hash,
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

/// Does `work` to its end, though whoever waits for it hangs up meanwhile: for what must not stop half way, as between writing that
/// a session has ended and telling the other nodes. It begins at once.
pub fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> impl Future<Output = T> {
    let work = tokio::spawn(work.in_current_span());
    async {
        match work.await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Nobody aborts it but the runtime, which then aborts us too.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// Does things behind the answers, a few at a time, each under a key. What is waiting under a key is not taken again, and what does
/// not fit is not taken: only for work that the next request would bring up again.
#[derive(Debug)]
pub struct Queue<K> {
    taken: Arc<Mutex<HashSet<K>>>,
    length: u32,
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
}

impl<K: Copy + Eq + Hash + Send + 'static> Queue<K> {
    /// A queue with this many places.
    pub fn new(length: u16, workers: usize) -> Self {
        let [places, workers] = [length.into(), workers].map(|count| Arc::new(Semaphore::new(count)));
        Self { taken: Arc::default(), length: length.into(), places, workers }
    }

    /// Waits until everything in it is done.
    pub async fn idle(&self) {
        let _all = self.places.acquire_many(self.length).await;
    }

    /// Does `work` when its turn comes, if there is a place and nothing waits under its key.
    pub fn push(&self, key: K, work: impl Future<Output = ()> + Send + 'static) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        if !lock(&self.taken).insert(key) {
            return;
        }
        let (taken, workers) = (Taken { keys: Arc::clone(&self.taken), key, _place: place }, Arc::clone(&self.workers));
        tokio::spawn(async move {
            let _taken = taken;
            let _turn = workers.acquire().await;
            work.await;
        });
    }
}

/// What waits under a key, until it is done or has panicked: then the key and the place are free again.
struct Taken<K: Copy + Eq + Hash> {
    keys: Arc<Mutex<HashSet<K>>>,
    key: K,
    _place: OwnedSemaphorePermit,
}

impl<K: Copy + Eq + Hash> Drop for Taken<K> {
    fn drop(&mut self) {
        lock(&self.keys).remove(&self.key);
    }
}

/// Nobody panics while holding it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use tokio::sync::Notify;

    use super::{Queue, to_its_end};

    #[tokio::test]
    async fn it_goes_on_when_nobody_waits_any_more() {
        let (go_on, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let work = {
            let (go_on, done) = (Arc::clone(&go_on), Arc::clone(&done));
            async move {
                go_on.notified().await;
                done.notify_one();
            }
        };
        let waiting = tokio::spawn(to_its_end(work));
        tokio::task::yield_now().await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        go_on.notify_one();
        done.notified().await;
        assert_eq!(to_its_end(async { 7 }).await, 7);
    }

    #[tokio::test]
    async fn each_key_once_and_no_more_than_fit() {
        let queue = Queue::new(3, 2);
        let (go_on, done) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let push = |key| {
            let (go_on, done) = (Arc::clone(&go_on), Arc::clone(&done));
            queue.push(key, async move {
                go_on.notified().await;
                done.fetch_add(1, Ordering::SeqCst);
            });
        };
        [1, 1, 2, 2, 3, 4].into_iter().for_each(push);
        for expected in 1..=3 {
            go_on.notify_one();
            while done.load(Ordering::SeqCst) < expected {
                tokio::task::yield_now().await;
            }
            assert_eq!(done.load(Ordering::SeqCst), expected);
        }
        queue.idle().await;
        assert_eq!(done.load(Ordering::SeqCst), 3, "what was taken already, and what did not fit, was not taken");
        push(1);
        go_on.notify_one();
        queue.idle().await;
        assert_eq!(done.load(Ordering::SeqCst), 4, "what is done can be done again");
        queue.push(1, async { panic!("a mistake of ours") });
        queue.idle().await;
        push(1);
        go_on.notify_one();
        queue.idle().await;
        assert_eq!(done.load(Ordering::SeqCst), 5, "what has panicked can be done again too");
    }
}
