//! Work that goes on without the request that it came from.

use std::{panic::resume_unwind, sync::Arc};

use tokio::sync::Semaphore;
use tracing::Instrument;

/// Does `work` to its end, though whoever waits for it hangs up meanwhile: for what must not stop half way, as between writing that
/// a session has ended and telling the other nodes.
pub async fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Nobody aborts it but the runtime, which then aborts us too.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Does one thing after the other, behind the answers. What does not fit is dropped: only for work that the next request would
/// bring up again.
#[derive(Debug)]
pub struct Queue {
    length: u32,
    places: Arc<Semaphore>,
    worker: Arc<Semaphore>,
}

impl Queue {
    /// A queue with this many places.
    pub fn new(length: u16) -> Self {
        let places = Arc::new(Semaphore::new(length.into()));
        Self { length: length.into(), places, worker: Arc::new(Semaphore::new(1)) }
    }

    /// Waits until everything in it is done.
    pub async fn idle(&self) {
        let _all = self.places.acquire_many(self.length).await;
    }

    /// Does `work` when its turn comes, if there is a place.
    pub fn push(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            let worker = Arc::clone(&self.worker);
            tokio::spawn(async move {
                let _turn = worker.acquire().await;
                work.await;
                drop(place);
            });
        }
    }
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
    async fn one_at_a_time_and_no_more_than_fit() {
        let queue = Queue::new(3);
        let (go_on, done) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        for _ in 0..10 {
            let (go_on, done) = (Arc::clone(&go_on), Arc::clone(&done));
            queue.push(async move {
                go_on.notified().await;
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        for expected in 1..=3 {
            go_on.notify_one();
            while done.load(Ordering::SeqCst) < expected {
                tokio::task::yield_now().await;
            }
            assert_eq!(done.load(Ordering::SeqCst), expected);
        }
        queue.idle().await;
        assert_eq!(done.load(Ordering::SeqCst), 3, "the rest was dropped");
    }
}
