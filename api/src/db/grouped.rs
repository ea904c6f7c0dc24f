//! Work that arrives together is done together: one query for many keys, one transaction for many changes.
//!
//! Credentials that name nothing cost a read each, and an attacker sends them by the thousand: the reads of a kind occupy few connections,
//! and those that wait for one go together. Changes that an answer acknowledges wait for the disk, so those that wait share its turn.

use std::{fmt, sync::Arc};

use sea_orm::DbErr;
use tokio::sync::oneshot;

use super::Unavailable;
use crate::sync::{Mutex, lock};

/// How many inputs a group has at most.
const SIZE: usize = 256;

/// Work of one kind, of which so many groups run at once. Cheap to clone.
pub struct Grouped<I, O, const GROUPS: usize>(Arc<Mutex<Pending<I, O>>>);

struct Pending<I, O> {
    waiting: Vec<Waiting<I, O>>,
    running: usize,
}

struct Waiting<I, O> {
    input: I,
    caller: oneshot::Sender<Result<O, Unavailable>>,
}

/// What a caller will get.
type Output<O> = oneshot::Receiver<Result<O, Unavailable>>;

impl<I, O, const GROUPS: usize> Clone for Grouped<I, O, GROUPS> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I, O, const GROUPS: usize> Default for Grouped<I, O, GROUPS> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Pending { waiting: Vec::new(), running: 0 })))
    }
}

impl<I, O, const GROUPS: usize> fmt::Debug for Grouped<I, O, GROUPS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grouped").finish_non_exhaustive()
    }
}

impl<I: Send + 'static, O: Send + 'static, const GROUPS: usize> Grouped<I, O, GROUPS> {
    /// The output of `work` for this input. `work` begins after the call, so it sees what was committed before. It gets the inputs of a
    /// group and returns as many outputs, in their order.
    pub async fn run<F>(&self, input: I, work: impl Fn(Vec<I>) -> F + Send + 'static) -> Result<O, Unavailable>
    where
        F: Future<Output = Result<Vec<O>, Unavailable>> + Send + 'static,
    {
        let (output, running) = self.queue(input);
        if let Some(running) = running {
            // A task of its own: others wait for it, too, if this caller is dropped.
            tokio::spawn(running.run(work));
        }
        output.await.unwrap_or_else(|_| Err(DbErr::Custom("the work was abandoned".to_owned()).into()))
    }

    /// Queues an input. If fewer groups run than may, one more must.
    fn queue(&self, input: I) -> (Output<O>, Option<Running<I, O, GROUPS>>) {
        let (caller, output) = oneshot::channel();
        let mut pending = lock(&self.0);
        pending.waiting.push(Waiting { input, caller });
        if pending.running == GROUPS {
            return (output, None);
        }
        pending.running += 1;
        (output, Some(Running { grouped: self.clone(), is_counted: true }))
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

/// One group after another.
struct Running<I, O, const GROUPS: usize> {
    grouped: Grouped<I, O, GROUPS>,
    is_counted: bool,
}

impl<I, O, const GROUPS: usize> Running<I, O, GROUPS> {
    async fn run<F: Future<Output = Result<Vec<O>, Unavailable>>>(mut self, work: impl Fn(Vec<I>) -> F) {
        while let Some(group) = self.next() {
            let (inputs, callers): (Vec<_>, Vec<_>) = group.into_iter().map(|waiting| (waiting.input, waiting.caller)).unzip();
            // A caller that has gone needs nothing.
            match work(inputs).await {
                Ok(outputs) => callers.into_iter().zip(outputs).for_each(|(caller, output)| drop(caller.send(Ok(output)))),
                Err(error) => callers.into_iter().for_each(|caller| drop(caller.send(Err(error.clone())))),
            }
        }
    }

    /// What waits. If nothing does, this task is over: an input that arrives from then on begins another one.
    fn next(&mut self) -> Option<Vec<Waiting<I, O>>> {
        let mut pending = lock(&self.grouped.0);
        let count = pending.waiting.len().min(SIZE);
        if count == 0 {
            pending.running -= 1;
            self.is_counted = false;
            return None;
        }
        Some(pending.waiting.drain(..count).collect())
    }
}

impl<I, O, const GROUPS: usize> Drop for Running<I, O, GROUPS> {
    fn drop(&mut self) {
        // The work panicked.
        if self.is_counted {
            lock(&self.grouped.0).running -= 1;
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

    use super::{Grouped, SIZE};
    use crate::sync::model;

    type Reads = Grouped<usize, Option<usize>, 8>;

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

        async fn read(&self, reads: &Reads, key: usize) -> Option<usize> {
            let table = self.clone();
            let query = move |keys: Vec<usize>| {
                let table = table.clone();
                async move {
                    table.queries.fetch_add(1, Ordering::SeqCst);
                    table.largest.fetch_max(keys.len(), Ordering::SeqCst);
                    table.may_answer.acquire().await.unwrap().forget();
                    Ok(keys.into_iter().map(|key| (key % 2 == 0).then_some(key * 2)).collect())
                }
            };
            reads.run(key, query).await.unwrap()
        }
    }

    #[tokio::test]
    async fn a_thousand_reads_that_arrive_together_are_a_dozen_queries() {
        let (reads, table) = (Reads::default(), Table::new(0));
        let reading = join_all((0..1000).map(|key| table.read(&reads, key)));
        let answering = async {
            tokio::task::yield_now().await;
            table.may_answer.add_permits(Semaphore::MAX_PERMITS);
        };
        let (found, ()) = tokio::join!(reading, answering);
        for (key, found) in found.into_iter().enumerate() {
            assert_eq!(found, (key % 2 == 0).then_some(key * 2));
        }
        assert!(table.queries.load(Ordering::SeqCst) <= 8 + 1000_usize.div_ceil(SIZE), "{:?}", table.queries);
        assert_eq!(table.largest.load(Ordering::SeqCst), SIZE);
    }

    /// One after another: each is a query of its own, and none is left waiting.
    #[tokio::test]
    async fn a_lone_read_waits_for_no_other() {
        let (reads, table) = (Reads::default(), Table::new(100));
        for key in 0..100 {
            assert_eq!(table.read(&reads, key * 2).await, Some(key * 4));
        }
        assert_eq!(table.queries.load(Ordering::SeqCst), 100);
    }

    #[tokio::test]
    async fn a_reader_that_goes_away_takes_no_other_with_it() {
        let (reads, table) = (Reads::default(), Table::new(0));
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

    /// In any order in which callers come and groups end, every caller gets an output that was begun after it came.
    #[test]
    fn no_input_is_left_waiting() {
        model::check(|| {
            let (reads, clock) = (Grouped::<usize, (usize, usize), 1>::default(), Arc::new(AtomicUsize::new(0)));
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
                    let (own, began) = found.await.unwrap().unwrap();
                    assert!(own == key && began > came);
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
        let reads = Reads::default();
        panic::set_hook(Box::new(|_| ()));
        for _ in 0..16 {
            reads.run(1, async |_| panic!("as a bug would")).await.unwrap_err();
            reads.run(1, async |_| Err(DbErr::Custom("down".to_owned()).into())).await.unwrap_err();
        }
        assert_eq!(Table::new(1).read(&reads, 2).await, Some(4));
    }
}
