//! The queue of passwords for the workers: short, fair among networks, and without jobs of clients that have hung up.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::memory::Memory;
use crate::network::ClientNetwork;

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
    taken_by: HashMap<ClientNetwork, usize>,
    jobs: HashMap<ClientNetwork, VecDeque<Job>>,
    /// The networks that wait, the next one first.
    round: VecDeque<ClientNetwork>,
    next_id: u64,
    /// How long a job takes: a moving average.
    average: Duration,
    closed: bool,
}

struct Job {
    id: u64,
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
    /// half. When that leaves none, the newest waiting job of the network with the most places is displaced, if it has more.
    pub(super) fn admit(self: &Arc<Self>, network: ClientNetwork) -> Option<Arc<Place>> {
        let mut inner = self.lock();
        let held = inner.held(network);
        if inner.wait(network) / u32::try_from(self.workers).unwrap_or(u32::MAX) > MAX_WAIT {
            return None;
        }
        if held >= self.places - inner.taken {
            let displaced = inner.displace(held + 1)?;
            drop(inner);
            // Frees its place, which takes the lock.
            drop(displaced);
            inner = self.lock();
            if inner.taken >= self.places {
                return None;
            }
        }
        *inner.taken_by.entry(network).or_default() += 1;
        inner.taken += 1;
        Some(Arc::new(Place { queue: Arc::clone(self), network }))
    }

    /// Adds a job. When the result is dropped, a job that no worker has begun is removed.
    pub(super) fn submit(self: &Arc<Self>, place: Arc<Place>, work: Work) -> Waiting {
        let network = place.network;
        let mut inner = self.lock();
        inner.next_id += 1;
        let id = inner.next_id;
        let jobs = inner.jobs.entry(network).or_default();
        let first = jobs.is_empty();
        jobs.push_back(Job { id, since: Instant::now(), work, place });
        if first {
            inner.round.push_back(network);
        }
        self.changed.notify_one();
        Waiting { queue: Arc::clone(self), network, id }
    }

    /// The next job: one of each network in turn.
    pub(super) fn take(&self, timeout: Duration) -> NextJob {
        let nothing = |inner: &mut Inner| inner.round.is_empty() && !inner.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, nothing);
        let (mut inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match inner.next() {
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
        self.lock().jobs.values().map(VecDeque::len).sum()
    }

    pub(super) fn taken(&self) -> usize {
        self.lock().taken
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn held(&self, network: ClientNetwork) -> usize {
        self.taken_by.get(&network).copied().unwrap_or(0)
    }

    /// How much work comes before one more job of this network: all its own, and as many rounds of the others.
    fn wait(&self, network: ClientNetwork) -> Duration {
        let held = self.held(network);
        let others = self.taken_by.iter().filter(|(other, _)| **other != network).map(|(_, other)| (*other).min(held + 1));
        self.average * u32::try_from(held + others.sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// Removes the newest waiting job of the network with the most places, if it has more than `least`.
    fn displace(&mut self, least: usize) -> Option<Job> {
        let held = |network: &ClientNetwork| self.held(*network);
        let network = self.jobs.keys().filter(|network| held(network) > least).max_by_key(|network| held(network)).copied()?;
        let newest = self.jobs.get(&network)?.back()?.id;
        self.remove(network, newest)
    }

    fn next(&mut self) -> Option<Job> {
        let network = self.round.pop_front()?;
        let jobs = self.jobs.get_mut(&network)?;
        let job = jobs.pop_front();
        if jobs.is_empty() {
            self.jobs.remove(&network);
        } else {
            self.round.push_back(network);
        }
        job
    }

    fn remove(&mut self, network: ClientNetwork, id: u64) -> Option<Job> {
        let jobs = self.jobs.get_mut(&network)?;
        let at = jobs.iter().position(|job| job.id == id)?;
        let job = jobs.remove(at);
        if jobs.is_empty() {
            self.jobs.remove(&network);
            self.round.retain(|waiting| *waiting != network);
        }
        job
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
        if let Some(held) = inner.taken_by.get_mut(&self.network) {
            *held -= 1;
            if *held == 0 {
                inner.taken_by.remove(&self.network);
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
        let removed = self.queue.lock().remove(self.network, self.id);
        removed.is_some()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests;
