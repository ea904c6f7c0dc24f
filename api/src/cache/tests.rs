//! Readings and changes that cross each other, moment by moment.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use entity::{SessionId, UnixMillis, UserId, session::Face, user::Role};
use tokio::{
    sync::{Notify, Semaphore},
    task::yield_now,
    time::Instant,
};
use uuid::Uuid;

use super::{Cache, Change, SessionSnapshot, Snapshot, UserSnapshot};
use crate::metrics::Metrics;

const SESSION: SessionId = SessionId(Uuid::from_u128(1));
const USER: UserId = UserId(Uuid::from_u128(2));
const START: UnixMillis = UnixMillis(1_700_000_000_000);

fn cache() -> Arc<Cache> {
    let cache = Cache::new(1 << 20, None, Arc::new(Metrics::default()));
    cache.looked(Instant::now(), START);
    Arc::new(cache)
}

fn snapshot(version: i64, user_version: i64) -> Snapshot {
    let session = SessionSnapshot {
        id: SESSION,
        user_id: USER,
        face: Face::Cookie,
        secret_hash: None,
        authenticated_at: START,
        methods: "pwd".to_owned(),
        remember: false,
        created_at: START,
        last_seen_at: START,
        idle_expires_at: START.plus(Duration::from_secs(3600)),
        expires_at: START.plus(Duration::from_secs(86_400)),
        version,
        user_version,
    };
    let user = UserSnapshot {
        id: USER,
        email: "ada@example.com".to_owned(),
        name: None,
        role: Role::User,
        created_at: START,
        version: user_version,
    };
    Snapshot { session: Arc::new(session), user: Arc::new(user) }
}

/// Something that happens to the session while it is read, and what the database says of it before and after.
fn happenings() -> [(Change, Option<Snapshot>); 4] {
    [
        (Change::ended(SESSION), None),
        (Change::gone(USER), None),
        (Change::session(SESSION, 2), Some(snapshot(2, 1))),
        (Change::user(USER, 2), Some(snapshot(1, 2))),
    ]
}

#[tokio::test]
async fn a_slow_read_that_ends_after_something_happened_is_read_again() {
    for (change, after) in happenings() {
        let (cache, go_on, readings) = (cache(), Notify::new(), AtomicUsize::new(0));
        let sql = || async {
            if readings.fetch_add(1, Ordering::SeqCst) > 0 {
                return Ok(after.clone());
            }
            let before = snapshot(1, 1);
            go_on.notified().await; // as it was then, and late
            Ok(Some(before))
        };
        let happening = async {
            while readings.load(Ordering::SeqCst) == 0 {
                yield_now().await;
            }
            cache.announce(&[change]).await;
            go_on.notify_one();
        };
        let (found, ()) = tokio::join!(cache.read(SESSION, |_| true, sql), happening);
        assert_eq!(found.unwrap(), after);
        assert_eq!(cache.recall(SESSION), after);
        assert_eq!(readings.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn what_is_kept_goes_when_something_happens_and_does_not_come_back() {
    for (change, after) in happenings() {
        let cache = cache();
        assert!(cache.keep(&snapshot(1, 1)));
        assert_eq!(cache.recall(SESSION), Some(snapshot(1, 1)));
        cache.hear(change);
        assert_eq!(cache.recall(SESSION), None);
        assert!(!cache.keep(&snapshot(1, 1)));
        assert_eq!(cache.recall(SESSION), None);
        if let Some(after) = after {
            assert!(cache.keep(&after));
            assert_eq!(cache.recall(SESSION), Some(after));
        }
    }
}

#[tokio::test]
async fn a_database_that_knows_less_than_was_heard_from_it_is_not_believed() {
    let cache = cache();
    cache.hear(Change::session(SESSION, 3));
    assert!(cache.read(SESSION, |_| true, async || Ok(Some(snapshot(2, 1)))).await.is_err());
    assert_eq!(cache.recall(SESSION), None);
}

#[tokio::test]
async fn all_who_ask_at_once_wait_for_one_reading() {
    let (cache, readings, go_on) = (cache(), AtomicUsize::new(0), Semaphore::new(0));
    let sql = || async {
        readings.fetch_add(1, Ordering::SeqCst);
        let _ = go_on.acquire().await.unwrap();
        Ok(Some(snapshot(1, 1)))
    };
    let reading = futures_util::future::join_all((0..50).map(|_| cache.read(SESSION, |_| true, sql)));
    let (found, ()) = tokio::join!(reading, async {
        yield_now().await;
        go_on.add_permits(100);
    });
    assert!(found.into_iter().all(|found| found.unwrap() == Some(snapshot(1, 1))));
    assert_eq!(readings.load(Ordering::SeqCst), 1);
    cache.read(SESSION, |_| true, sql).await.unwrap();
    assert_eq!(readings.load(Ordering::SeqCst), 2, "whoever comes later reads anew");
}

#[tokio::test]
async fn whoever_reads_may_hang_up_and_somebody_who_waits_reads_instead() {
    let (cache, readings) = (cache(), Arc::new(AtomicUsize::new(0)));
    let read = |answers: bool| {
        let (cache, readings) = (Arc::clone(&cache), Arc::clone(&readings));
        tokio::spawn(async move {
            let sql = || async {
                readings.fetch_add(1, Ordering::SeqCst);
                if !answers {
                    std::future::pending::<()>().await;
                }
                Ok(Some(snapshot(1, 1)))
            };
            cache.read(SESSION, |_| true, sql).await
        })
    };
    let first = read(false);
    while readings.load(Ordering::SeqCst) == 0 {
        yield_now().await;
    }
    let second = read(true);
    yield_now().await;
    assert_eq!(readings.load(Ordering::SeqCst), 1, "the second waits");
    first.abort();
    assert_eq!(second.await.unwrap().unwrap(), Some(snapshot(1, 1)));
    assert_eq!(readings.load(Ordering::SeqCst), 2);
}
