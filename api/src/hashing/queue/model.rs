//! Every order in which requests and workers meet. A lost wake-up is a deadlock here: timeouts never end.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use shuttle::{sync::mpsc, thread};

use super::{Memory, NextJob, Queue, Reply};
use crate::{network::ClientNetwork, sync::model};

fn network(n: u8) -> ClientNetwork {
    ClientNetwork::V4(Ipv4Addr::new(192, 0, 2, n))
}

/// Takes jobs until the queue is closed.
fn worker(queue: &Arc<Queue>) -> thread::JoinHandle<()> {
    let queue = Arc::clone(queue);
    thread::spawn(move || {
        let mut memory = Memory::new(0);
        loop {
            match queue.take(Duration::MAX) {
                NextJob::Work { work, place, .. } => {
                    work(&mut memory)();
                    drop(place);
                }
                NextJob::Idle => unreachable!("no timeout ends"),
                NextJob::Closed => return,
            }
        }
    })
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Refused,
    Displaced,
    Left,
    Done,
}

fn request(queue: &Arc<Queue>, n: u8, leaves: bool, begun: &Arc<AtomicUsize>) -> thread::JoinHandle<End> {
    let (queue, begun) = (Arc::clone(queue), Arc::clone(begun));
    thread::spawn(move || {
        let Some(place) = queue.admit(network(n)) else { return End::Refused };
        assert!(queue.taken() <= queue.places, "more places than there are");
        let (reply, answer) = mpsc::channel();
        let work = move |_: &mut Memory| {
            begun.fetch_add(1, Ordering::SeqCst);
            Box::new(move || reply.send(()).unwrap_or_default()) as Reply
        };
        let waiting = queue.submit(place, Box::new(work));
        if leaves && waiting.leave() {
            return End::Left;
        }
        // A job that was displaced, or left no answer, drops its end of the channel.
        if answer.recv().is_ok() { End::Done } else { End::Displaced }
    })
}

#[test]
fn each_request_has_one_end_and_every_place_is_freed() {
    model::check(|| {
        let queue = Arc::new(Queue::new(1, 2));
        let worker = worker(&queue);
        let begun = Arc::new(AtomicUsize::new(0));
        // The last two networks find the queue full: one displaces a job of the first, and the other may take the place.
        let requests = [(1, false), (1, true), (2, false), (3, false), (4, false)];
        let requests = requests.map(|(n, leaves)| request(&queue, n, leaves, &begun));
        let ends = requests.map(|request| request.join().unwrap());
        queue.close();
        worker.join().unwrap();
        let done = ends.iter().filter(|end| **end == End::Done).count();
        assert_eq!(begun.load(Ordering::SeqCst), done, "{ends:?}");
        assert_ne!(ends[0], End::Left);
        assert_eq!((queue.taken(), queue.waiting()), (0, 0), "{ends:?}");
        assert!(queue.lock().taken_by.is_empty());
    });
}

#[test]
fn a_full_queue_never_has_more_places_than_it_may() {
    model::check(|| {
        let queue = Arc::new(Queue::new(1, 1));
        let held = Arc::new(AtomicUsize::new(0));
        let requests = [1, 1, 2].map(|n| {
            let (queue, held) = (Arc::clone(&queue), Arc::clone(&held));
            thread::spawn(move || {
                if let Some(place) = queue.admit(network(n)) {
                    assert!(held.fetch_add(1, Ordering::SeqCst) < 2, "more places than there are");
                    thread::yield_now();
                    held.fetch_sub(1, Ordering::SeqCst);
                    drop(place);
                }
            })
        });
        for request in requests {
            request.join().unwrap();
        }
        assert_eq!(queue.taken(), 0);
        assert!(queue.lock().taken_by.is_empty());
    });
}
