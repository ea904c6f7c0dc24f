//! A thread that hashes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    memory::Memory,
    queue::{Place, Queue, Tell, Turn},
};
use crate::metrics::Metrics;

/// Workers leave the processor to the rest of the service: there are as many as cores, and a flood keeps all of them busy.
const NICE: i32 = 5;

/// While others wait, so many are told together at most, and no more than wait. What is to be done for somebody who was told, and
/// for who comes in their place, finds caches that Argon2 has swept; done for four, they are filled once.
const AT_ONCE: usize = 4;

/// What a worker does until the queue is closed.
pub(super) fn work(queue: &Queue, blocks: usize, metrics: &Metrics) {
    // Whoever is signed in already comes first.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
    let mut memory = Memory::new(blocks);
    let mut done = Vec::new();
    loop {
        if done.len() >= queue.waiting().min(AT_ONCE) {
            tell(&mut done);
        }
        match queue.take(if done.is_empty() { memory.patience() } else { Duration::ZERO }) {
            Turn::Work { work, waited, place } => {
                metrics.password_waited(waited);
                let begun = Instant::now();
                done.push((work(&mut memory), place));
                queue.note(begun.elapsed());
            }
            Turn::Quiet => {
                tell(&mut done);
                memory.settle();
            }
            Turn::Closed => return tell(&mut done),
        }
    }
}

fn tell(done: &mut Vec<(Tell, Arc<Place>)>) {
    for (tell, _place) in done.drain(..) {
        tell();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{Memory, Queue, Tell, work};
    use crate::network::ClientNetwork;

    /// How much was done when each was told, of so many who wait from the beginning.
    fn told(waiting: usize) -> Vec<usize> {
        let queue = Arc::new(Queue::new(1, 99));
        let (done, told) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(Vec::new())));
        let all: Vec<_> = (0..waiting)
            .map(|_| {
                let (done, told) = (Arc::clone(&done), Arc::clone(&told));
                let work = Box::new(move |_: &mut Memory| {
                    *done.lock().unwrap() += 1;
                    Box::new(move || told.lock().unwrap().push(*done.lock().unwrap())) as Tell
                });
                queue.submit(queue.admit(ClientNetwork::Local).unwrap(), work)
            })
            .collect();
        queue.close();
        work(&queue, 64, &Arc::default());
        assert_eq!(queue.taken(), 0);
        drop(all);
        Arc::into_inner(told).unwrap().into_inner().unwrap()
    }

    #[test]
    fn who_is_alone_is_told_at_once_and_a_crowd_in_fours() {
        assert_eq!(told(1), [1]);
        assert_eq!(told(2), [1, 2]);
        assert_eq!(told(3), [2, 2, 3]);
        assert_eq!(told(10), [4, 4, 4, 4, 7, 7, 7, 9, 9, 10]);
    }
}
