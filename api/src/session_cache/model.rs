//! Every order in which requests read and keep a session while a change of it is committed and arrives.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use entity::{SessionId, UnixMillis, UserId, session, user};
use shuttle::future::{JoinHandle, block_on, spawn, yield_now};
use uuid::Uuid;

use super::{Change, SessionCache};
use crate::{
    clock::Clock,
    fixtures,
    metrics::Metrics,
    principal::Principal,
    sync::{Mutex, lock, model},
};

const SESSION: SessionId = SessionId(Uuid::from_u128(1));
const USER: UserId = UserId(Uuid::from_u128(2));
const START: UnixMillis = UnixMillis(1_700_000_000_000);

/// The row whose version changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Session,
    User,
}

impl Row {
    fn change(self, version: i64) -> Change {
        match self {
            Self::Session => Change::session(SESSION, version),
            Self::User => Change::user(USER, version),
        }
    }

    fn read(self, version: i64) -> Principal {
        let (session, user) = if self == Self::Session { (version, 1) } else { (1, version) };
        let session = session::Model { id: SESSION, user_id: USER, version: session, ..fixtures::session(START) };
        Principal::new(&session, &user::Model { id: USER, version: user, ..fixtures::user(START) })
    }

    fn version(self, principal: &Principal) -> i64 {
        if self == Self::Session { principal.session.version } else { principal.user.version }
    }
}

/// A node and its database.
struct Node {
    row: Row,
    cache: SessionCache,
    committed: Mutex<i64>,
    /// The version that every later request must see.
    announced: AtomicI64,
    reading: AtomicUsize,
}

impl Node {
    fn new(row: Row) -> Arc<Self> {
        let cache = SessionCache::new(1 << 20, None, Arc::new(Metrics::default()), Clock::manual(START));
        cache.polled(cache.moment(), START);
        Arc::new(Self { row, cache, committed: Mutex::new(1), announced: AtomicI64::new(1), reading: AtomicUsize::new(0) })
    }

    /// A request: from the cache, or from the database, whose answer takes a while.
    async fn request(&self) {
        let least = self.announced.load(Ordering::SeqCst);
        let sql = || async {
            let version = *lock(&self.committed);
            yield_now().await;
            Ok(Some(self.row.read(version)))
        };
        let found = match self.cache.recall(SESSION) {
            Some(found) => found,
            None => self.cache.read(SESSION, |_| true, sql).await.unwrap().unwrap(),
        };
        assert!(self.row.version(&found) >= least, "a request sees what was before an announced change");
    }

    async fn change(&self, version: i64) {
        *lock(&self.committed) = version;
        yield_now().await;
        self.cache.apply(self.row.change(version));
        self.announced.store(version, Ordering::SeqCst);
    }
}

fn join(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        block_on(task).unwrap();
    }
}

#[test]
fn no_request_sees_what_was_before_an_announced_change() {
    for row in [Row::Session, Row::User] {
        model::check(move || {
            let node = Node::new(row);
            let mut tasks = Vec::new();
            for _ in 0..2 {
                let node = Arc::clone(&node);
                tasks.push(spawn(async move {
                    node.request().await;
                    node.request().await;
                }));
            }
            let changing = Arc::clone(&node);
            tasks.push(spawn(async move {
                changing.change(2).await;
                // It may join a read that began before the change.
                changing.request().await;
                changing.change(3).await;
                changing.request().await;
            }));
            join(tasks);
            assert!(node.cache.recall(SESSION).is_none_or(|kept| row.version(&kept) == 3), "an outdated entry is kept");
            assert!(lock(&node.cache.reads).is_empty());
        });
    }
}

#[test]
fn one_read_runs_at_a_time() {
    model::check(|| {
        let node = Node::new(Row::Session);
        let request = || {
            let node = Arc::clone(&node);
            spawn(async move {
                let sql = || async {
                    assert_eq!(node.reading.fetch_add(1, Ordering::SeqCst), 0, "two reads at once");
                    yield_now().await;
                    node.reading.fetch_sub(1, Ordering::SeqCst);
                    Ok(Some(Row::Session.read(1)))
                };
                assert!(node.cache.read(SESSION, |_| true, sql).await.unwrap().is_some());
            })
        };
        join(vec![request(), request(), request()]);
        assert!(lock(&node.cache.reads).is_empty());
    });
}

#[test]
fn a_request_that_hangs_up_delays_no_other() {
    model::check(|| {
        let node = Node::new(Row::Session);
        let request = || {
            let node = Arc::clone(&node);
            spawn(async move { node.request().await })
        };
        let leaving = request();
        let staying = vec![request(), request()];
        leaving.abort();
        join(staying);
        let _ = block_on(leaving);
        assert!(lock(&node.cache.reads).is_empty());
    });
}
