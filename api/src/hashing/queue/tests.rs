use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{MAX_WAIT, Memory, NextJob, Queue, Reply, Waiting};
use crate::network::ClientNetwork;

fn network(n: u8) -> ClientNetwork {
    ClientNetwork::V4(Ipv4Addr::new(192, 0, 2, n))
}

/// Jobs of one network, as many as are admitted.
fn fill(queue: &Arc<Queue>, n: u8) -> Vec<Waiting> {
    let places = std::iter::from_fn(|| queue.admit(network(n)));
    places.map(|place| queue.submit(place, Box::new(|_: &mut Memory| Box::new(|| ()) as Reply))).collect()
}

#[test]
fn c_20_one_network_gets_half_and_freed_places_are_admitted_again() {
    let queue = Arc::new(Queue::new(2, 62));
    let greedy = fill(&queue, 1);
    assert_eq!(greedy.len(), 32);
    assert!(queue.admit(network(1)).is_none());
    drop(greedy);
    assert!(queue.admit(network(1)).is_some());
    assert_eq!(queue.taken(), 0);
    assert!(queue.lock().taken_by.is_empty(), "networks without places are removed");
}

#[test]
fn c_20_a_new_network_finds_a_place_among_any_number_of_networks() {
    let queue = Arc::new(Queue::new(2, 62));
    let mut waiting: Vec<_> = (1..=40).map(|n| fill(&queue, n)).collect();
    assert_eq!(queue.taken(), 64);
    for n in 41..=60 {
        let place = queue.admit(network(n)).unwrap_or_else(|| panic!("no place for {n}"));
        waiting.push(vec![queue.submit(place, Box::new(|_: &mut Memory| Box::new(|| ()) as Reply))]);
    }
    let held = queue.lock().taken_by.clone();
    assert!(held.len() == 60 && held.values().all(|held| *held <= 2), "{held:?}");
    assert_eq!(queue.taken(), 64);
    drop(waiting);
    assert_eq!(queue.taken(), 0);
}

#[test]
fn c_20_a_request_that_would_wait_too_long_is_refused() {
    let queue = Arc::new(Queue::new(1, 999));
    queue.record(MAX_WAIT / 10);
    assert_eq!(fill(&queue, 1).len(), 11, "ten before it, and one more");
    let _one = fill(&queue, 1);
    assert_eq!(fill(&queue, 2).len(), 5, "in turn with the other network");
    (0..100).for_each(|_| queue.record(Duration::from_millis(1)));
    assert!(queue.admit(network(1)).is_some(), "it is fast again");
}

#[test]
fn networks_are_served_in_turn() {
    let queue = Arc::new(Queue::new(2, 62));
    let order = Arc::new(Mutex::new(Vec::new()));
    let waiting: Vec<_> = [1, 1, 1, 2, 3, 2]
        .map(|n| {
            let order = Arc::clone(&order);
            let place = queue.admit(network(n)).unwrap();
            let work = move |_: &mut Memory| {
                order.lock().unwrap().push(n);
                Box::new(|| ()) as Reply
            };
            queue.submit(place, Box::new(work))
        })
        .into();
    while let NextJob::Work { work, place: _held, .. } = queue.take(Duration::ZERO) {
        work(&mut Memory::new(0))();
    }
    assert_eq!(*order.lock().unwrap(), [1, 2, 3, 1, 2, 1]);
    drop(waiting);
    assert_eq!(queue.taken(), 0);
}

#[test]
fn c_19_a_client_that_hangs_up_leaves_the_queue() {
    let queue = Arc::new(Queue::new(1, 3));
    let work = |n| queue.submit(queue.admit(network(n)).unwrap(), Box::new(|_: &mut Memory| panic!("the client has hung up")));
    let (one, two) = (work(1), work(1));
    drop(one);
    assert_eq!(queue.taken(), 1);
    drop(two);
    assert_eq!(queue.taken(), 0);
    assert!(matches!(queue.take(Duration::ZERO), NextJob::Idle));
    queue.close();
    assert!(matches!(queue.take(Duration::MAX), NextJob::Closed));
}

/// The networks of one /48.
fn of_site(n: u8) -> ClientNetwork {
    ClientNetwork::from(Some(std::net::Ipv6Addr::new(0x2001, 0xdb8, 7, u16::from(n) * 0x100, 0, 0, 0, 1).into()))
}

fn submit(queue: &Arc<Queue>, network: ClientNetwork) -> Option<Waiting> {
    Some(queue.submit(queue.admit(network)?, Box::new(|_: &mut Memory| Box::new(|| ()) as Reply)))
}

#[test]
fn b_48_an_ipv6_site_gets_half_of_the_places_and_its_networks_share_them() {
    let queue = Arc::new(Queue::new(2, 62));
    let _greedy: Vec<_> = std::iter::from_fn(|| submit(&queue, of_site(0))).collect();
    assert_eq!(queue.taken(), 32);
    let _others: Vec<_> = (1..=16).map(|n| submit(&queue, of_site(n)).unwrap_or_else(|| panic!("no place for {n}"))).collect();
    assert_eq!(queue.taken(), 32, "each displaces a job of the first network");
    let _stranger = fill(&queue, 1);
    assert_eq!(queue.taken(), 48, "half of what is left");
}

#[test]
fn b_48_a_site_does_not_lengthen_the_wait_of_others_by_more_than_its_turns() {
    let queue = Arc::new(Queue::new(1, 999));
    queue.record(MAX_WAIT / 20);
    let _site: Vec<_> = (0..16).filter_map(|n| submit(&queue, of_site(n))).collect();
    assert_eq!(queue.taken(), 16);
    let waits: Vec<_> = (0..3)
        .map(|n| {
            let wait = queue.lock().wait(network(1));
            assert_eq!(wait, MAX_WAIT / 20 * (2 * n + 1));
            submit(&queue, network(1)).unwrap()
        })
        .collect();
    let mut order = Vec::new();
    while let NextJob::Work { place, .. } = queue.take(Duration::ZERO) {
        order.push(place.network == network(1));
    }
    assert_eq!(order[..6], [false, true, false, true, false, true]);
    drop(waits);
}
