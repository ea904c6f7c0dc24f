//! Where passwords wait for a worker: few, in turn, and never for somebody who has left.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::memory::Memory;
use crate::network::ClientNetwork;

/// What a worker does.
pub(super) type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// What waits, by the network that it is for.
#[derive(Default)]
pub(super) struct Queue {
    places: usize,
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
    closed: bool,
}

struct Job {
    id: u64,
    since: Instant,
    work: Work,
    /// Given back when the work is done, not when whoever asked for it leaves.
    place: Arc<Place>,
}

/// What a worker gets.
pub(super) enum Turn {
    Work {
        work: Work,
        /// How long it waited.
        waited: Duration,
        /// Kept until the work is done.
        place: Arc<Place>,
    },
    /// Nothing came for as long as it was ready to wait.
    Quiet,
    /// Nothing will ever come.
    Closed,
}

impl Queue {
    /// Room for so many, those with a worker included.
    pub(super) fn new(places: usize) -> Self {
        Self { places, ..Self::default() }
    }

    /// A place, if this network may have one more: a network may hold as many as are left for all others, so that one alone takes
    /// half, and there is always one for somebody new (a dynamic threshold, Choudhury and Hahne 1998).
    pub(super) fn admit(self: &Arc<Self>, network: ClientNetwork) -> Option<Arc<Place>> {
        let mut inner = self.inner();
        let left = self.places - inner.taken;
        let held = inner.taken_by.entry(network).or_default();
        if *held >= left {
            if *held == 0 {
                inner.taken_by.remove(&network);
            }
            return None;
        }
        *held += 1;
        inner.taken += 1;
        Some(Arc::new(Place { queue: Arc::clone(self), network }))
    }

    /// Hands work in. When what comes back is dropped, work that no worker has begun is forgotten.
    pub(super) fn submit(self: &Arc<Self>, place: Arc<Place>, work: Work) -> Waiting {
        let network = place.network;
        let mut inner = self.inner();
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
        let waited = self.news.wait_timeout_while(self.inner(), patience, nothing);
        let (mut inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match inner.next() {
            Some(Job { since, work, place, .. }) => Turn::Work { work, waited: since.elapsed(), place },
            None if inner.closed => Turn::Closed,
            None => Turn::Quiet,
        }
    }

    /// Lets the workers go once nothing waits.
    pub(super) fn close(&self) {
        self.inner().closed = true;
        self.news.notify_all();
    }

    /// How many places are taken.
    pub(super) fn taken(&self) -> usize {
        self.inner().taken
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
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
        let mut inner = self.queue.inner();
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

impl Drop for Waiting {
    fn drop(&mut self) {
        // Dropped after the lock: a job gives its place back, which takes the lock again.
        let _forgotten = { self.queue.inner().forget(self.network, self.id) };
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::Ipv4Addr,
        sync::{Arc, Mutex},
        time::Duration,
    };

    use super::{Memory, Queue, Turn};
    use crate::network::ClientNetwork;

    fn network(n: u8) -> ClientNetwork {
        ClientNetwork::V4(Ipv4Addr::new(192, 0, 2, n))
    }

    #[test]
    fn c_20_one_network_takes_half_and_a_new_one_always_finds_a_place() {
        let queue = Arc::new(Queue::new(64));
        let admit = |n| std::iter::from_fn(|| queue.admit(network(n))).collect::<Vec<_>>();
        let greedy = admit(1);
        assert_eq!(greedy.len(), 32);
        let others: Vec<_> = (2..=4).map(admit).collect();
        assert_eq!(others.iter().map(Vec::len).collect::<Vec<_>>(), [16, 8, 4]);
        assert!(queue.admit(network(1)).is_none());
        drop(greedy);
        assert_eq!(queue.taken(), 28);
        assert!(queue.admit(network(1)).is_some(), "what is given back can be had again");
        drop(others);
        assert_eq!(queue.taken(), 0);
        assert!(queue.inner().taken_by.is_empty(), "networks that left are forgotten");
    }

    #[test]
    fn networks_take_turns() {
        let queue = Arc::new(Queue::new(64));
        let order = Arc::new(Mutex::new(Vec::new()));
        let waiting: Vec<_> = [1, 1, 1, 2, 3, 2]
            .map(|n| {
                let order = Arc::clone(&order);
                let place = queue.admit(network(n)).unwrap();
                queue.submit(place, Box::new(move |_: &mut Memory| order.lock().unwrap().push(n)))
            })
            .into();
        while let Turn::Work { work, place: _held, .. } = queue.take(Duration::ZERO) {
            work(&mut Memory::default());
        }
        assert_eq!(*order.lock().unwrap(), [1, 2, 3, 1, 2, 1]);
        drop(waiting);
        assert_eq!(queue.taken(), 0);
    }

    #[test]
    fn c_19_who_leaves_leaves_the_queue() {
        let queue = Arc::new(Queue::new(4));
        let work = |n| queue.submit(queue.admit(network(n)).unwrap(), Box::new(|_: &mut Memory| panic!("nobody waits for this")));
        let (one, two) = (work(1), work(1));
        drop(one);
        assert_eq!(queue.taken(), 1);
        drop(two);
        assert_eq!(queue.taken(), 0);
        assert!(matches!(queue.take(Duration::ZERO), Turn::Quiet));
        queue.close();
        assert!(matches!(queue.take(Duration::MAX), Turn::Closed));
    }
}
