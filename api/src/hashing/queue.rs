//! The queue of passwords for the workers: short, fair among networks, and without jobs of clients that have hung up.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use super::{
    fair_order::{FairOrder, path_to},
    memory::Memory,
};
use crate::{
    network::{AddressBlock, ClientNetwork},
    sync::{Condvar, Mutex, MutexGuard, lock},
};

/// A request that would wait for longer is refused at once.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// What a worker does, and then how it replies to the request. Neither panics.
pub(super) type Work = Box<dyn FnOnce(&mut Memory) -> Reply + Send>;
pub(super) type Reply = Box<dyn FnOnce() + Send>;

pub(super) struct Queue {
    places: usize,
    workers: usize,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    /// Places taken: waiting for a worker, with one, or before the job is submitted.
    taken: usize,
    taken_by: HashMap<AddressBlock, usize>,
    waiting: FairOrder<Job>,
    next_id: u64,
    /// How long a job takes: a moving average.
    average: Duration,
    closed: bool,
}

struct Job {
    since: Instant,
    work: Work,
    /// Freed after the reply, not when the client hangs up.
    place: Arc<Place>,
}

/// What a worker gets.
pub(super) enum NextJob {
    Work {
        work: Work,
        waited: Duration,
        /// Kept until the reply.
        place: Arc<Place>,
    },
    /// No job came within the timeout.
    Idle,
    /// No job will come any more.
    Closed,
}

impl Queue {
    /// For a number of workers, with room for so many more jobs that wait.
    pub(super) fn new(workers: usize, waiting: usize) -> Self {
        Self { places: workers + waiting, workers, inner: Mutex::default(), changed: Condvar::new() }
    }

    /// A place, if this network may have one more and would not wait too long.
    ///
    /// A network may hold as many places as are free for all others (a dynamic threshold, Choudhury and Hahne 1998), so one alone gets
    /// half, and so does an IPv6 site. When that leaves none, the newest waiting job of the block with the most places is displaced, if
    /// it has more.
    pub(super) fn admit(self: &Arc<Self>, network: ClientNetwork) -> Option<Arc<Place>> {
        let mut inner = self.lock();
        if inner.wait(network) / u32::try_from(self.workers).unwrap_or(u32::MAX) > MAX_WAIT {
            return None;
        }
        let widest = network.blocks().last().map_or(0, |block| inner.held(block));
        if widest >= self.places - inner.taken {
            let displaced = inner.displace(network)?;
            drop(inner);
            // Frees its place, which takes the lock.
            drop(displaced);
            inner = self.lock();
            if inner.taken >= self.places {
                return None;
            }
        }
        for block in network.blocks() {
            *inner.taken_by.entry(block).or_default() += 1;
        }
        inner.taken += 1;
        Some(Arc::new(Place { queue: Arc::clone(self), network }))
    }

    /// Adds a job. When the result is dropped, a job that no worker has begun is removed.
    pub(super) fn submit(self: &Arc<Self>, place: Arc<Place>, work: Work) -> Waiting {
        let network = place.network;
        let mut inner = self.lock();
        inner.next_id += 1;
        let id = inner.next_id;
        inner.waiting.push(network, id, Job { since: Instant::now(), work, place });
        self.changed.notify_one();
        Waiting { queue: Arc::clone(self), network, id }
    }

    /// The next job: one of each network in turn.
    pub(super) fn take(&self, timeout: Duration) -> NextJob {
        let nothing = |inner: &mut Inner| inner.waiting.is_empty() && !inner.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, nothing);
        let mut inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        match inner.waiting.pop() {
            Some(Job { since, work, place, .. }) => NextJob::Work { work, waited: since.elapsed(), place },
            None if inner.closed => NextJob::Closed,
            None => NextJob::Idle,
        }
    }

    /// Records how long a job took.
    pub(super) fn record(&self, took: Duration) {
        let mut inner = self.lock();
        inner.average = if inner.average.is_zero() { took } else { (inner.average * 7 + took) / 8 };
    }

    /// Ends the workers when no job waits.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// How many jobs wait for a worker.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    pub(super) fn taken(&self) -> usize {
        self.lock().taken
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }
}

impl Inner {
    fn held(&self, block: AddressBlock) -> usize {
        self.taken_by.get(&block).copied().unwrap_or(0)
    }

    /// The other blocks within the same wider block, with their places.
    fn siblings(&self, block: AddressBlock) -> impl Iterator<Item = (AddressBlock, usize)> {
        let others = self.taken_by.iter().filter(move |(other, _)| **other != block && other.parent() == block.parent());
        others.map(|(other, held)| (*other, *held))
    }

    /// How much work comes before one more job of this network: all its own, and as many rounds of the others.
    fn wait(&self, network: ClientNetwork) -> Duration {
        let own = network.blocks().next().map_or(0, |block| self.held(block));
        let before = network
            .blocks()
            .fold(own, |before, block| before + self.siblings(block).map(|(_, held)| held.min(before + 1)).sum::<usize>());
        self.average * u32::try_from(before).unwrap_or(u32::MAX)
    }

    /// Removes the newest waiting job of the block with the most places, if it has more than the sibling that contains this network would
    /// have with one more.
    fn displace(&mut self, network: ClientNetwork) -> Option<Job> {
        let greedy = path_to(network.blocks().next()?).into_iter().find_map(|block| {
            let least = self.held(block) + 1;
            let greedy = self.siblings(block).filter(|(other, held)| *held > least && self.waiting.has(*other));
            greedy.max_by_key(|(_, held)| *held).map(|(other, _)| other)
        })?;
        let Self { waiting, taken_by, .. } = self;
        waiting.remove_newest(greedy, |block| taken_by.get(&block).copied().unwrap_or(0))
    }
}

/// A place in the queue, freed when dropped.
pub(super) struct Place {
    queue: Arc<Queue>,
    network: ClientNetwork,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = self.queue.lock();
        inner.taken -= 1;
        for block in self.network.blocks() {
            if let Some(held) = inner.taken_by.get_mut(&block) {
                *held -= 1;
                if *held == 0 {
                    inner.taken_by.remove(&block);
                }
            }
        }
    }
}

/// A request that waits for its job.
pub(super) struct Waiting {
    queue: Arc<Queue>,
    network: ClientNetwork,
    id: u64,
}

impl Waiting {
    /// Removes the job; false if it has begun, or was displaced.
    pub(super) fn leave(&self) -> bool {
        // Dropped after the lock: a job frees its place, which takes the lock again.
        let removed = self.queue.lock().waiting.remove(self.network, self.id);
        removed.is_some()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
