//! Reads and changes that cross each other, step by step.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use entity::{SessionId, UnixMillis, UserId, session, user};
use tokio::{
    sync::{Notify, Semaphore},
    task::yield_now,
};
use uuid::Uuid;

use super::{Change, SessionCache};
use crate::{clock::Clock, fixtures, metrics::Metrics, principal::Principal};

const SESSION: SessionId = SessionId(Uuid::from_u128(1));
const USER: UserId = UserId(Uuid::from_u128(2));
const START: UnixMillis = UnixMillis(1_700_000_000_000);

fn cache() -> Arc<SessionCache> {
    let cache = SessionCache::new(1 << 20, None, Arc::new(Metrics::default()), Clock::manual(START));
    cache.polled(cache.moment(), START);
    Arc::new(cache)
}

fn snapshot(version: i64, user_version: i64) -> Principal {
    let session = session::Model { id: SESSION, user_id: USER, version, ..fixtures::session(START) };
    Principal::new(&session, &user::Model { id: USER, version: user_version, ..fixtures::user(START) })
}

/// Changes that arrive while the session is read, and what the database has afterwards.
fn changes() -> [(Change, Option<Principal>); 4] {
    [
        (Change::ended(SESSION), None),
        (Change::gone(USER), None),
        (Change::session(SESSION, 2), Some(snapshot(2, 1))),
        (Change::user(USER, 2), Some(snapshot(1, 2))),
    ]
}

#[tokio::test]
async fn a_slow_read_that_ends_after_a_change_is_repeated() {
    for (change, after) in changes() {
        let (cache, go_on, reads) = (cache(), Notify::new(), AtomicUsize::new(0));
        let sql = || async {
            if reads.fetch_add(1, Ordering::SeqCst) > 0 {
                return Ok(after.clone());
            }
            let before = snapshot(1, 1);
            go_on.notified().await; // the row as it was, and late
            Ok(Some(before))
        };
        let changing = async {
            while reads.load(Ordering::SeqCst) == 0 {
                yield_now().await;
            }
            cache.announce(&[change]).await;
            go_on.notify_one();
        };
        let (found, ()) = tokio::join!(cache.read(SESSION, |_| true, sql), changing);
        assert_eq!(found.unwrap(), after);
        assert_eq!(cache.recall(SESSION), after);
        assert_eq!(reads.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_change_removes_an_entry_and_an_older_one_does_not_come_back() {
    for (change, after) in changes() {
        let cache = cache();
        assert!(cache.keep(&snapshot(1, 1)));
        assert_eq!(cache.recall(SESSION), Some(snapshot(1, 1)));
        cache.apply(change);
        assert_eq!(cache.recall(SESSION), None);
        assert!(!cache.keep(&snapshot(1, 1)));
        assert_eq!(cache.recall(SESSION), None);
        if let Some(after) = after {
            assert!(cache.keep(&after));
            assert_eq!(cache.recall(SESSION), Some(after));
        }
    }
}

/// Half of the memory is for sessions, and half for users.
#[tokio::test]
async fn entries_are_kept_as_long_as_the_memory_suffices() {
    let kept_and_recalled = |memory, metadata| {
        let cache = SessionCache::new(memory, None, Arc::new(Metrics::default()), Clock::manual(START));
        cache.polled(cache.moment(), START);
        let ids = || (1..=100).map(Uuid::from_u128);
        for id in ids() {
            let session = session::Model { id: SessionId(id), user_id: UserId(id), ..fixtures::session(START) };
            let app_metadata = Some("x".repeat(metadata));
            assert!(cache.keep(&Principal::new(&session, &user::Model { id: UserId(id), app_metadata, ..fixtures::user(START) })));
        }
        let counted = (cache.len(), ids().filter(|id| cache.recall(SessionId(*id)).is_some()).count());
        assert!(!cache.is_empty());
        cache.clear();
        assert!(cache.is_empty() && ids().all(|id| cache.recall(SessionId(id)).is_none()));
        counted
    };
    assert_eq!(kept_and_recalled(10_000_000, 0), (100, 100));
    let (kept, recalled) = kept_and_recalled(1_000_000, 50_000);
    assert!(kept == 100 && recalled < 15, "large users: {kept} {recalled}");
    let (kept, _) = kept_and_recalled(20_000, 0);
    assert!(kept < 50, "little memory: {kept}");
}

#[tokio::test]
async fn a_database_that_is_older_than_a_known_change_is_refused() {
    let cache = cache();
    cache.apply(Change::session(SESSION, 3));
    assert!(cache.read(SESSION, |_| true, async || Ok(Some(snapshot(2, 1)))).await.is_err());
    assert_eq!(cache.recall(SESSION), None);
}

#[tokio::test]
async fn what_was_read_before_the_database_went_back_is_read_again() {
    let (cache, reads) = (cache(), AtomicUsize::new(0));
    let sql = async || {
        let read = reads.fetch_add(1, Ordering::SeqCst);
        if read == 0 {
            cache.distrust(START);
        }
        Ok((read == 0).then(|| snapshot(1, 1)))
    };
    assert_eq!(cache.read(SESSION, |_| true, sql).await.unwrap(), None);
    assert_eq!(reads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn concurrent_requests_wait_for_one_read() {
    let (cache, reads, go_on) = (cache(), AtomicUsize::new(0), Semaphore::new(0));
    let sql = || async {
        reads.fetch_add(1, Ordering::SeqCst);
        let _ = go_on.acquire().await.unwrap();
        Ok(Some(snapshot(1, 1)))
    };
    let reading = futures_util::future::join_all((0..50).map(|_| cache.read(SESSION, |_| true, sql)));
    let (found, ()) = tokio::join!(reading, async {
        yield_now().await;
        go_on.add_permits(100);
    });
    assert!(found.into_iter().all(|found| found.unwrap() == Some(snapshot(1, 1))));
    assert_eq!(reads.load(Ordering::SeqCst), 1);
    cache.read(SESSION, |_| true, sql).await.unwrap();
    assert_eq!(reads.load(Ordering::SeqCst), 2, "a later request reads anew");
}

#[tokio::test]
async fn when_the_reading_request_hangs_up_another_one_reads() {
    let (cache, reads) = (cache(), Arc::new(AtomicUsize::new(0)));
    let read = |answers: bool| {
        let (cache, reads) = (Arc::clone(&cache), Arc::clone(&reads));
        tokio::spawn(async move {
            let sql = || async {
                reads.fetch_add(1, Ordering::SeqCst);
                if !answers {
                    std::future::pending::<()>().await;
                }
                Ok(Some(snapshot(1, 1)))
            };
            cache.read(SESSION, |_| true, sql).await
        })
    };
    let first = read(false);
    while reads.load(Ordering::SeqCst) == 0 {
        yield_now().await;
    }
    let second = read(true);
    yield_now().await;
    assert_eq!(reads.load(Ordering::SeqCst), 1, "the second waits");
    first.abort();
    assert_eq!(second.await.unwrap().unwrap(), Some(snapshot(1, 1)));
    assert_eq!(reads.load(Ordering::SeqCst), 2);
}
