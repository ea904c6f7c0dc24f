//! A thread that hashes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    memory::Memory,
    queue::{NextJob, Place, Queue, Reply},
};
use crate::metrics::Metrics;

/// The rest of the service comes first: there are as many workers as cores, and a flood keeps all of them busy.
const NICE: i32 = 5;

/// While jobs wait, up to this many replies are sent together, and no more than jobs wait. After Argon2 the processor's caches are
/// empty: the requests that continue, and those that come next, fill them once for four.
const MAX_REPLIES: usize = 4;

/// Runs jobs until the queue is closed.
pub(super) fn work(queue: &Queue, blocks: usize, metrics: &Metrics) {
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
    let mut memory = Memory::new(blocks);
    let mut done = Vec::new();
    loop {
        if done.len() >= queue.waiting().min(MAX_REPLIES) {
            reply(&mut done);
        }
        match queue.take(if done.is_empty() { memory.idle_timeout() } else { Duration::ZERO }) {
            NextJob::Work { work, waited, place } => {
                metrics.password_waited(waited);
                let begun = Instant::now();
                done.push((work(&mut memory), place));
                queue.record(begun.elapsed());
            }
            NextJob::Idle => {
                reply(&mut done);
                memory.on_idle();
            }
            NextJob::Closed => return reply(&mut done),
        }
    }
}

fn reply(done: &mut Vec<(Reply, Arc<Place>)>) {
    for (reply, _place) in done.drain(..) {
        reply();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{Memory, Queue, Reply, work};
    use crate::network::ClientNetwork;

    /// How many jobs were done at each reply, if so many wait from the start.
    fn done_at_replies(waiting: usize) -> Vec<usize> {
        let queue = Arc::new(Queue::new(1, 99));
        let (done, replies) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(Vec::new())));
        let all: Vec<_> = (0..waiting)
            .map(|_| {
                let (done, replies) = (Arc::clone(&done), Arc::clone(&replies));
                let work = Box::new(move |_: &mut Memory| {
                    *done.lock().unwrap() += 1;
                    Box::new(move || replies.lock().unwrap().push(*done.lock().unwrap())) as Reply
                });
                queue.submit(queue.admit(ClientNetwork::Local).unwrap(), work)
            })
            .collect();
        queue.close();
        work(&queue, 64, &Arc::default());
        assert_eq!(queue.taken(), 0);
        drop(all);
        Arc::into_inner(replies).unwrap().into_inner().unwrap()
    }

    #[test]
    fn a_single_job_is_replied_to_at_once_and_many_in_fours() {
        assert_eq!(done_at_replies(1), [1]);
        assert_eq!(done_at_replies(2), [1, 2]);
        assert_eq!(done_at_replies(3), [2, 2, 3]);
        assert_eq!(done_at_replies(10), [4, 4, 4, 4, 7, 7, 7, 9, 9, 10]);
    }
}
