//! What counts as current, step by step.

use std::time::Duration;

use entity::UnixMillis;
use tokio::time::advance;

use super::{Freshness, SHARED_FOR, TRUST_MARGIN};
use crate::clock::Clock;

const SECOND: Duration = Duration::from_secs(1);

async fn a_second_later(freshness: &Freshness, nodes: &[u64]) {
    advance(SECOND).await;
    for node in nodes {
        freshness.heard_from(*node);
    }
}

/// The monotonic clock stands still while a machine is suspended, the wall clock does not.
#[tokio::test(start_paused = true)]
async fn after_a_suspend_the_cache_is_not_current_until_the_next_poll() {
    let clock = Clock::manual(UnixMillis(0));
    let freshness = Freshness::new(clock.clone());
    freshness.subscribed(true);
    freshness.polled(freshness.moment(), UnixMillis(0));
    freshness.heard_from(1);
    assert!(freshness.is_current());
    let began = freshness.moment();
    clock.advance(5 * SECOND);
    assert!(freshness.is_current(), "the poll is recent by both clocks");
    clock.advance(SECOND);
    assert!(!freshness.is_current(), "neither the poll nor the push is recent");
    freshness.polled(began, UnixMillis(0));
    assert!(!freshness.is_current(), "the poll began before the suspend");
    freshness.polled(freshness.moment(), UnixMillis(0));
    assert!(freshness.is_current());
    advance(10 * SECOND).await;
    freshness.heard_from(1);
    clock.advance(13 * SECOND);
    assert!(freshness.is_current(), "the clocks differ by less than a silence that would be noticed");
    clock.advance(Duration::from_millis(1));
    assert!(!freshness.is_current());
}

#[tokio::test(start_paused = true)]
async fn the_cache_is_current_for_five_seconds_and_for_a_minute_with_the_push() {
    let freshness = Freshness::new(Clock::manual(UnixMillis(0)));
    advance(SECOND).await;
    assert!(!freshness.is_current() && freshness.last_poll().is_none(), "before the first poll");
    freshness.subscribed(true);
    assert!(!freshness.is_pushed(), "before the first poll");
    freshness.polled(freshness.moment(), UnixMillis(0));
    advance(5 * SECOND).await;
    assert!(freshness.is_current());
    assert_eq!((freshness.polls(), freshness.last_poll()), (1, Some(5 * SECOND)));
    advance(Duration::from_millis(1)).await;
    assert!(!freshness.is_current());
    freshness.heard_from(1);
    assert!(freshness.is_current());
    for _ in 0..54 {
        a_second_later(&freshness, &[1]).await;
    }
    assert!(freshness.is_current());
    a_second_later(&freshness, &[1]).await;
    assert!(!freshness.is_current(), "the push alone does not suffice for ever");
    freshness.polled(freshness.moment(), UnixMillis(0));
    assert!(freshness.is_current());
    assert_eq!((freshness.polls(), freshness.last_poll()), (2, Some(Duration::ZERO)));
}

/// The database's clock was a year ahead, and is set right: at the start of a node, or when a replica takes over.
#[tokio::test(start_paused = true)]
async fn a_clock_that_was_ahead_costs_no_trust_for_ever() {
    let year = 365 * 24 * 3600 * SECOND;
    let [early, right] = [UnixMillis(0).plus(year), UnixMillis(0)];
    for went_back in [false, true] {
        let freshness = Freshness::new(Clock::manual(UnixMillis(0)));
        assert!(!freshness.trusts(early), "before the first poll");
        freshness.polled(freshness.moment(), early);
        if went_back {
            freshness.distrust(right);
        }
        freshness.polled(freshness.moment(), right);
        assert!(!freshness.trusts(right), "what was read before may still be in Redis");
        freshness.polled(freshness.moment(), right.plus(SHARED_FOR));
        let trusted = right.plus(SHARED_FOR + TRUST_MARGIN);
        assert!(freshness.trusts(trusted) && !freshness.trusts(UnixMillis(trusted.0 - 1)));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_that_was_read_before_the_database_went_back_counts() {
    let freshness = Freshness::new(Clock::manual(UnixMillis(0)));
    freshness.polled(freshness.moment(), UnixMillis(100_000));
    assert_eq!(freshness.polled_until(), Some(UnixMillis(100_000)));
    assert!(freshness.is_current() && freshness.trusts(UnixMillis(100_000)));
    freshness.distrust(UnixMillis(40_000));
    assert_eq!(freshness.polled_until(), None);
    assert!(!freshness.is_current());
    freshness.polled(freshness.moment(), UnixMillis(41_000));
    let trusted = UnixMillis(100_000).plus(TRUST_MARGIN);
    assert!(freshness.is_current() && freshness.trusts(trusted) && !freshness.trusts(UnixMillis(trusted.0 - 1)));
}

#[tokio::test(start_paused = true)]
async fn one_silent_node_is_a_broken_push() {
    let freshness = Freshness::new(Clock::manual(UnixMillis(0)));
    freshness.subscribed(true);
    freshness.polled(freshness.moment(), UnixMillis(0));
    a_second_later(&freshness, &[1, 2]).await;
    for _ in 0..3 {
        assert!(freshness.is_pushed());
        a_second_later(&freshness, &[1]).await;
    }
    assert!(freshness.is_pushed());
    a_second_later(&freshness, &[1]).await;
    assert!(!freshness.is_pushed(), "the second node is silent");
    for _ in 0..60 {
        a_second_later(&freshness, &[1]).await;
    }
    assert!(freshness.is_pushed(), "the second node has stopped");
}

#[tokio::test(start_paused = true)]
async fn messages_that_were_lost_in_a_gap_take_a_poll() {
    let freshness = Freshness::new(Clock::manual(UnixMillis(0)));
    freshness.polled(freshness.moment(), UnixMillis(0));
    freshness.subscribed(true);
    freshness.heard_from(1);
    advance(SECOND).await;
    freshness.subscribed(false);
    assert!(!freshness.is_pushed());
    freshness.subscribed(true);
    freshness.heard_from(1);
    assert!(!freshness.is_pushed(), "messages in between are lost");
    freshness.polled(freshness.moment(), UnixMillis(0));
    assert!(freshness.is_pushed());
}
