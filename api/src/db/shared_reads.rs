//! Reads that arrive together share a query. Credentials that name nothing cost a read each, and an attacker sends them by the thousand:
//! so the reads of a kind occupy few connections, and those that wait for one go together.

use std::{collections::HashMap, fmt, hash::Hash, sync::Arc};

use sea_orm::DbErr;
use tokio::sync::oneshot;

use super::Unavailable;
use crate::sync::{Mutex, lock};

/// How many keys one query has at most.
const KEYS: usize = 256;

/// Reads of one kind, of which so many queries run at once. Cheap to clone.
pub struct SharedReads<K, V, const QUERIES: usize = 8>(Arc<Mutex<Pending<K, V>>>);

struct Pending<K, V> {
    waiting: Vec<Waiting<K, V>>,
    running: usize,
}

struct Waiting<K, V> {
    key: K,
    reader: oneshot::Sender<Found<V>>,
}

type Found<V> = Result<Option<V>, Unavailable>;

impl<K, V, const QUERIES: usize> Clone for SharedReads<K, V, QUERIES> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V, const QUERIES: usize> Default for SharedReads<K, V, QUERIES> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Pending { waiting: Vec::new(), running: 0 })))
    }
}

impl<K, V, const QUERIES: usize> fmt::Debug for SharedReads<K, V, QUERIES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedReads").finish_non_exhaustive()
    }
}

impl<K: Copy + Eq + Hash + Send + 'static, V: Clone + Send + 'static, const QUERIES: usize> SharedReads<K, V, QUERIES> {
    /// What `query` finds for the key. The query begins after the call: what was committed before is in it.
    pub async fn read<F>(&self, key: K, query: impl Fn(Vec<K>) -> F + Send + 'static) -> Found<V>
    where
        F: Future<Output = Result<Vec<(K, V)>, Unavailable>> + Send + 'static,
    {
        let (found, running) = self.queue(key);
        if let Some(running) = running {
            // A task of its own: others wait for it, too, if this caller is dropped.
            tokio::spawn(running.run(query));
        }
        found.await.unwrap_or_else(|_| Err(DbErr::Custom("the read was abandoned".to_owned()).into()))
    }

    /// Queues a read. If fewer queries run than may, one more must.
    fn queue(&self, key: K) -> (oneshot::Receiver<Found<V>>, Option<Running<K, V, QUERIES>>) {
        let (reader, found) = oneshot::channel();
        let mut pending = lock(&self.0);
        pending.waiting.push(Waiting { key, reader });
        if pending.running == QUERIES {
            return (found, None);
        }
        pending.running += 1;
        (found, Some(Running { reads: self.clone(), is_counted: true }))
    }
}

/// Keys for one query, the last one repeated: only as many numbers of keys as powers of two, so that the database prepares few statements.
pub(crate) fn padded<K: Copy>(keys: impl IntoIterator<Item = K>) -> Vec<K> {
    let mut keys: Vec<_> = keys.into_iter().collect();
    if let Some(last) = keys.last().copied() {
        keys.resize(keys.len().next_power_of_two(), last);
    }
    keys
}

/// One of the queries that run.
struct Running<K, V, const QUERIES: usize> {
    reads: SharedReads<K, V, QUERIES>,
    is_counted: bool,
}

impl<K: Copy + Eq + Hash, V: Clone, const QUERIES: usize> Running<K, V, QUERIES> {
    async fn run<F: Future<Output = Result<Vec<(K, V)>, Unavailable>>>(mut self, query: impl Fn(Vec<K>) -> F) {
        while let Some(batch) = self.next() {
            let found = query(batch.iter().map(|waiting| waiting.key).collect()).await;
            let found = found.map(|rows| rows.into_iter().collect::<HashMap<_, _>>());
            for Waiting { key, reader } in batch {
                // A reader that has gone needs nothing.
                let _ = reader.send(found.as_ref().map(|rows| rows.get(&key).cloned()).map_err(Clone::clone));
            }
        }
    }

    /// What waits. If nothing does, this query is over: a read that arrives from then on begins another one.
    fn next(&mut self) -> Option<Vec<Waiting<K, V>>> {
        let mut pending = lock(&self.reads.0);
        let count = pending.waiting.len().min(KEYS);
        if count == 0 {
            pending.running -= 1;
            self.is_counted = false;
            return None;
        }
        Some(pending.waiting.drain(..count).collect())
    }
}

impl<K, V, const QUERIES: usize> Drop for Running<K, V, QUERIES> {
    fn drop(&mut self) {
        // The query panicked.
        if self.is_counted {
            lock(&self.reads.0).running -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use futures_util::future::join_all;
    use sea_orm::DbErr;
    use shuttle::future::{block_on, spawn, yield_now};
    use tokio::sync::Semaphore;

    use super::{KEYS, SharedReads};
    use crate::sync::model;

    /// Finds twice the key of even keys, when it may.
    #[derive(Clone)]
    struct Table {
        queries: Arc<AtomicUsize>,
        largest: Arc<AtomicUsize>,
        may_answer: Arc<Semaphore>,
    }

    impl Table {
        fn new(answers: usize) -> Self {
            Self { queries: Arc::default(), largest: Arc::default(), may_answer: Arc::new(Semaphore::new(answers)) }
        }

        async fn read(&self, reads: &SharedReads<usize, usize>, key: usize) -> Option<usize> {
            let table = self.clone();
            let query = move |keys: Vec<usize>| {
                let table = table.clone();
                async move {
                    table.queries.fetch_add(1, Ordering::SeqCst);
                    table.largest.fetch_max(keys.len(), Ordering::SeqCst);
                    table.may_answer.acquire().await.unwrap().forget();
                    Ok(keys.into_iter().filter(|key| key % 2 == 0).map(|key| (key, key * 2)).collect())
                }
            };
            reads.read(key, query).await.unwrap()
        }
    }

    #[tokio::test]
    async fn a_thousand_reads_that_arrive_together_are_a_dozen_queries() {
        let (reads, table) = (SharedReads::default(), Table::new(0));
        let reading = join_all((0..1000).map(|key| table.read(&reads, key)));
        let answering = async {
            tokio::task::yield_now().await;
            table.may_answer.add_permits(Semaphore::MAX_PERMITS);
        };
        let (found, ()) = tokio::join!(reading, answering);
        for (key, found) in found.into_iter().enumerate() {
            assert_eq!(found, (key % 2 == 0).then_some(key * 2));
        }
        assert!(table.queries.load(Ordering::SeqCst) <= 8 + 1000_usize.div_ceil(KEYS), "{:?}", table.queries);
        assert_eq!(table.largest.load(Ordering::SeqCst), KEYS);
    }

    /// One after another: each is a query of its own, and none is left waiting.
    #[tokio::test]
    async fn a_lone_read_waits_for_no_other() {
        let (reads, table) = (SharedReads::default(), Table::new(100));
        for key in 0..100 {
            assert_eq!(table.read(&reads, key * 2).await, Some(key * 4));
        }
        assert_eq!(table.queries.load(Ordering::SeqCst), 100);
    }

    #[tokio::test]
    async fn a_reader_that_goes_away_takes_no_other_with_it() {
        let (reads, table) = (SharedReads::default(), Table::new(0));
        let going: Vec<_> = (0..100)
            .map(|key| {
                tokio::spawn({
                    let (reads, table) = (reads.clone(), table.clone());
                    async move { table.read(&reads, key).await }
                })
            })
            .collect();
        let staying = tokio::spawn({
            let (reads, table) = (reads.clone(), table.clone());
            async move { table.read(&reads, 2).await }
        });
        tokio::task::yield_now().await;
        for reader in going {
            reader.abort();
        }
        table.may_answer.add_permits(100);
        assert_eq!(staying.await.unwrap(), Some(4));
    }

    /// In any order in which readers come and queries end, every reader gets an answer that began after it came.
    #[test]
    fn no_read_is_left_waiting() {
        model::check(|| {
            let (reads, clock) = (SharedReads::<usize, usize, 1>::default(), Arc::new(AtomicUsize::new(0)));
            let reader = |key| {
                let (reads, clock) = (reads.clone(), Arc::clone(&clock));
                spawn(async move {
                    let came = clock.fetch_add(1, Ordering::SeqCst);
                    let (found, running) = reads.queue(key);
                    let running = running.map(|running| {
                        let query = move |keys: Vec<usize>| {
                            let began = clock.fetch_add(1, Ordering::SeqCst);
                            async move {
                                yield_now().await;
                                Ok(keys.into_iter().map(|key| (key, began)).collect())
                            }
                        };
                        spawn(running.run(query))
                    });
                    assert!(found.await.unwrap().unwrap().unwrap() > came);
                    running
                })
            };
            let readers: Vec<_> = (0..3).map(reader).collect();
            for reader in readers {
                if let Some(running) = block_on(reader).unwrap() {
                    block_on(running).unwrap();
                }
            }
        });
    }

    #[tokio::test]
    async fn after_queries_that_failed_or_panicked_the_next_one_runs() {
        let reads = SharedReads::<usize, usize>::default();
        panic::set_hook(Box::new(|_| ()));
        for _ in 0..16 {
            reads.read(1, async |_| panic!("as a bug would")).await.unwrap_err();
            reads.read(1, async |_| Err(DbErr::Custom("down".to_owned()).into())).await.unwrap_err();
        }
        assert_eq!(Table::new(1).read(&reads, 2).await, Some(4));
    }
}
