//! Work that continues without the request that started it.

use std::{collections::HashSet, hash::Hash, panic::resume_unwind, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use crate::{
    request_context::carried,
    sync::{Mutex, lock},
};

/// Runs `work` to completion, even if the caller is dropped: for work that must not stop half way, as between the commit of a change and its
/// announcement. It starts at once.
pub fn run_to_completion<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> impl Future<Output = T> {
    let work = tokio::spawn(carried(work.in_current_span()));
    async {
        match work.await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Only the runtime aborts it, and then it aborts the caller too.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// Runs work behind the answers, a few at a time, each under a key. Work is dropped if its key already waits or the queue is full: only for
/// work that the next request would start again.
#[derive(Debug)]
pub struct BackgroundQueue<K> {
    taken: Arc<Mutex<HashSet<K>>>,
    length: u32,
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
}

impl<K: Copy + Eq + Hash + Send + 'static> BackgroundQueue<K> {
    /// A queue with this many places, which runs this much at once.
    pub fn new(length: u16, workers: usize) -> Self {
        let [places, workers] = [length.into(), workers].map(|count| Arc::new(Semaphore::new(count)));
        Self { taken: Arc::default(), length: length.into(), places, workers }
    }

    /// Waits until it is empty.
    pub async fn idle(&self) {
        let _all = self.places.acquire_many(self.length).await;
    }

    /// Runs `work` when a worker is free, if there is a place and nothing waits under its key.
    pub fn push(&self, key: K, work: impl Future<Output = ()> + Send + 'static) {
        let Some(taken) = self.take(key) else { return };
        let workers = Arc::clone(&self.workers);
        tokio::spawn(async move {
            let _taken = taken;
            let _turn = workers.acquire().await;
            work.await;
        });
    }

    /// A place for the key, unless none is free or the key has one.
    fn take(&self, key: K) -> Option<Taken<K>> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        lock(&self.taken).insert(key).then(|| Taken { keys: Arc::clone(&self.taken), key, _place: place })
    }
}

/// A key that waits. The key and its place are free again when the work has ended or panicked.
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use shuttle::thread;
    use tokio::sync::Notify;

    use super::{BackgroundQueue, run_to_completion};
    use crate::sync::{Mutex, lock, model};

    #[tokio::test]
    async fn work_continues_when_its_caller_is_dropped() {
        let (go_on, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let work = {
            let (go_on, done) = (Arc::clone(&go_on), Arc::clone(&done));
            async move {
                go_on.notified().await;
                done.notify_one();
            }
        };
        let waiting = tokio::spawn(run_to_completion(work));
        tokio::task::yield_now().await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        go_on.notify_one();
        done.notified().await;
        assert_eq!(run_to_completion(async { 7 }).await, 7);
    }

    #[tokio::test]
    async fn a_key_waits_once_and_the_queue_is_bounded() {
        let queue = BackgroundQueue::new(3, 2);
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
        assert_eq!(done.load(Ordering::SeqCst), 3, "a key that waits and work that does not fit are dropped");
        push(1);
        go_on.notify_one();
        queue.idle().await;
        assert_eq!(done.load(Ordering::SeqCst), 4, "a key can wait again afterwards");
        queue.push(1, async { panic!("a mistake of ours") });
        queue.idle().await;
        push(1);
        go_on.notify_one();
        queue.idle().await;
        assert_eq!(done.load(Ordering::SeqCst), 5, "also after a panic");
    }

    /// In any order in which keys are pushed and work ends, a key is taken once at a time, and everything is free afterwards.
    #[test]
    fn a_key_is_taken_once_at_a_time() {
        model::check(|| {
            let (queue, working) = (Arc::new(BackgroundQueue::new(2, 1)), Arc::new(Mutex::new([0; 2])));
            let pushing = |key: usize| {
                let (queue, working) = (Arc::clone(&queue), Arc::clone(&working));
                thread::spawn(move || {
                    let Some(taken) = queue.take(key) else { return };
                    lock(&working)[key] += 1;
                    thread::yield_now();
                    assert_eq!(lock(&working)[key], 1, "taken twice");
                    lock(&working)[key] -= 1;
                    drop(taken);
                })
            };
            let all: Vec<_> = [0, 0, 1, 1].map(pushing).into_iter().collect();
            for one in all {
                one.join().unwrap();
            }
            let taken: Vec<_> = [0, 1].into_iter().map(|key| queue.take(key)).collect();
            assert!(taken.iter().all(Option::is_some), "a key or a place was not given back");
            assert!(queue.take(2).is_none(), "a place too many");
        });
    }
}
