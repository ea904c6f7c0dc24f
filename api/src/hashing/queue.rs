//! Where passwords wait for a worker: few, in turn, and never for somebody who has left.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::memory::Memory;
use crate::network::ClientNetwork;

/// Nobody is let in who would wait for longer: they are told to come back at once, not then.
const WAIT: Duration = Duration::from_secs(2);

/// What a worker does, and then how it tells whoever waits for that. Neither panics.
pub(super) type Work = Box<dyn FnOnce(&mut Memory) -> Tell + Send>;
pub(super) type Tell = Box<dyn FnOnce() + Send>;

/// What waits, by the network that it is for.
pub(super) struct Queue {
    places: usize,
    workers: usize,
    inner: Mutex<Inner>,
    news: Condvar,
}

#[derive(Default)]
struct Inner {
    /// Places taken: waiting for a worker, with one, or on the way to wait.
    taken: usize,
    taken_by: HashMap<ClientNetwork, usize>,
    lines: HashMap<ClientNetwork, VecDeque<Job>>,
    /// The networks that wait, whose turn it is first.
    turns: VecDeque<ClientNetwork>,
    next_id: u64,
    /// How long work takes, the last few times counting most.
    average: Duration,
    closed: bool,
}

struct Job {
    id: u64,
    since: Instant,
    work: Work,
    /// Given back when the work is done and told, not when whoever asked for it leaves.
    place: Arc<Place>,
}

/// What a worker gets.
pub(super) enum Turn {
    Work {
        work: Work,
        /// How long it waited.
        waited: Duration,
        /// Kept until somebody is told.
        place: Arc<Place>,
    },
    /// Nothing came for as long as it was ready to wait.
    Quiet,
    /// Nothing will ever come.
    Closed,
}

impl Queue {
    /// For so many workers, with room for so many more who wait.
    pub(super) fn new(workers: usize, waiting: usize) -> Self {
        Self { places: workers + waiting, workers, inner: Mutex::default(), news: Condvar::new() }
    }

    /// A place, if this network may have one more and would not wait too long for its turn.
    ///
    /// A network may hold as many as are left for all others (a dynamic threshold, Choudhury and Hahne 1998), so one alone takes half.
    /// When that leaves nothing, the newest of those who wait for the network that holds most makes room, if it holds more.
    pub(super) fn admit(self: &Arc<Self>, network: ClientNetwork) -> Option<Arc<Place>> {
        let mut inner = self.lock();
        let held = inner.held(network);
        if inner.wait(network) / u32::try_from(self.workers).unwrap_or(u32::MAX) > WAIT {
            return None;
        }
        if held >= self.places - inner.taken {
            let displaced = inner.displace(held + 1)?;
            drop(inner);
            // Gives its place back, which takes the lock.
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

    /// Hands work in. When what comes back is dropped, work that no worker has begun is forgotten.
    pub(super) fn submit(self: &Arc<Self>, place: Arc<Place>, work: Work) -> Waiting {
        let network = place.network;
        let mut inner = self.lock();
        inner.next_id += 1;
        let id = inner.next_id;
        let line = inner.lines.entry(network).or_default();
        let first = line.is_empty();
        line.push_back(Job { id, since: Instant::now(), work, place });
        if first {
            inner.turns.push_back(network);
        }
        self.news.notify_one();
        Waiting { queue: Arc::clone(self), network, id }
    }

    /// The next work: one of each network in turn. Waits for it no longer than `patience`.
    pub(super) fn take(&self, patience: Duration) -> Turn {
        let nothing = |inner: &mut Inner| inner.turns.is_empty() && !inner.closed;
        let waited = self.news.wait_timeout_while(self.lock(), patience, nothing);
        let (mut inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match inner.next() {
            Some(Job { since, work, place, .. }) => Turn::Work { work, waited: since.elapsed(), place },
            None if inner.closed => Turn::Closed,
            None => Turn::Quiet,
        }
    }

    /// Work took so long.
    pub(super) fn note(&self, took: Duration) {
        let mut inner = self.lock();
        inner.average = if inner.average.is_zero() { took } else { (inner.average * 7 + took) / 8 };
    }

    /// Lets the workers go once nothing waits.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.news.notify_all();
    }

    /// How many wait for a worker.
    pub(super) fn waiting(&self) -> usize {
        self.lock().lines.values().map(VecDeque::len).sum()
    }

    /// How many places are taken.
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

    /// How much work comes before one more of this network: all that it has itself, and as many rounds of the others.
    fn wait(&self, network: ClientNetwork) -> Duration {
        let held = self.held(network);
        let others = self.taken_by.iter().filter(|(other, _)| **other != network).map(|(_, theirs)| (*theirs).min(held + 1));
        self.average * u32::try_from(held + others.sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// Takes out the newest of those who wait for the network that holds most, if that is more than `least`.
    fn displace(&mut self, least: usize) -> Option<Job> {
        let held = |network: &ClientNetwork| self.held(*network);
        let network = self.lines.keys().filter(|network| held(network) > least).max_by_key(|network| held(network)).copied()?;
        let newest = self.lines.get(&network)?.back()?.id;
        self.forget(network, newest)
    }

    fn next(&mut self) -> Option<Job> {
        let network = self.turns.pop_front()?;
        let line = self.lines.get_mut(&network)?;
        let job = line.pop_front();
        if line.is_empty() {
            self.lines.remove(&network);
        } else {
            self.turns.push_back(network);
        }
        job
    }

    fn forget(&mut self, network: ClientNetwork, id: u64) -> Option<Job> {
        let line = self.lines.get_mut(&network)?;
        let at = line.iter().position(|job| job.id == id)?;
        let job = line.remove(at);
        if line.is_empty() {
            self.lines.remove(&network);
            self.turns.retain(|waiting| *waiting != network);
        }
        job
    }
}

/// A place, given back when dropped.
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

/// Somebody who waits for work to be done.
pub(super) struct Waiting {
    queue: Arc<Queue>,
    network: ClientNetwork,
    id: u64,
}

impl Waiting {
    /// Leaves; false if the work has begun, or somebody else has the place.
    pub(super) fn leave(&self) -> bool {
        // Dropped after the lock: a job gives its place back, which takes the lock again.
        let forgotten = self.queue.lock().forget(self.network, self.id);
        forgotten.is_some()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests;
