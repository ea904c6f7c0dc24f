//! Separates what is under way from the reset of a testbed. Ids are counted anew afterwards, so a write that began before must not commit
//! after it: it would take the id of another row, or the row of another user. A gate that closes ends the work behind it, and waits for
//! what that work has handed to other tasks.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, watch};

tokio::task_local! {
    static PASS: Pass;
}

/// What work passes, one generation of it after the other.
#[derive(Clone, Debug, Default)]
pub struct ResetGate {
    generation: Arc<RwLock<u64>>,
    /// Work of earlier generations than this one ends.
    from: watch::Sender<u64>,
}

/// Work that may go on. The gate does not close while one is left.
#[derive(Clone, Debug)]
struct Pass {
    generation: Arc<OwnedRwLockReadGuard<u64>>,
    from: watch::Receiver<u64>,
}

/// A closed gate. It opens when this is dropped.
#[derive(Debug)]
pub struct Closed(#[expect(dead_code, reason = "held")] OwnedRwLockWriteGuard<u64>);

impl ResetGate {
    /// Runs `work` once the gate is open. It stays behind the gate, with all that it starts by [`carried`].
    pub async fn pass<T>(&self, work: impl Future<Output = T>) -> T {
        let generation = Arc::new(Arc::clone(&self.generation).read_owned().await);
        PASS.scope(Pass { generation, from: self.from.subscribe() }, work).await
    }

    /// Ends the work behind the gate, waits for what it has handed on, and lets nothing pass.
    pub async fn close(&self) -> Closed {
        self.from.send_modify(|from| *from += 1);
        let mut generation = Arc::clone(&self.generation).write_owned().await;
        *generation = *self.from.borrow();
        Closed(generation)
    }
}

/// Runs `work`, which ends when its gate closes: then the result is `None`.
pub async fn until_closed<T>(work: impl Future<Output = T>) -> Option<T> {
    let Ok(pass) = PASS.try_with(Pass::clone) else { return Some(work.await) };
    let (current, mut from) = (**pass.generation, pass.from);
    tokio::select! {
        biased;
        _ = from.wait_for(|from| *from > current) => None,
        done = work => Some(done),
    }
}

/// Makes work that another task runs a part of what is behind the gate.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let pass = PASS.try_with(Pass::clone).ok();
    async {
        match pass {
            Some(pass) => PASS.scope(pass, work).await,
            None => work.await,
        }
    }
}

/// The same for work that blocks a thread, and cannot be ended.
pub fn held<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let pass = PASS.try_with(Pass::clone).ok();
    move || {
        let done = work();
        drop(pass);
        done
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use futures_util::FutureExt as _;
    use tokio::sync::Notify;

    use super::{ResetGate, carried, until_closed};

    #[tokio::test]
    async fn a_gate_that_closes_ends_what_is_under_way_and_waits_for_what_it_carried_on() {
        let (gate, go_on, is_done) = (ResetGate::default(), Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let (hands_on, flag) = (Arc::clone(&go_on), Arc::clone(&is_done));
        let behind = gate.clone();
        let under_way = tokio::spawn(async move {
            let work = async {
                tokio::spawn(carried(async move {
                    hands_on.notified().await;
                    flag.store(true, Ordering::SeqCst);
                }));
                std::future::pending::<()>().await;
            };
            behind.pass(until_closed(work)).await
        });
        tokio::task::yield_now().await;
        let mut closing = Box::pin(gate.close());
        assert!((&mut closing).now_or_never().is_none());
        assert_eq!(under_way.await.unwrap(), None, "it was ended");
        assert!((&mut closing).now_or_never().is_none(), "what it carried on is under way");
        go_on.notify_one();
        let closed = closing.await;
        assert!(is_done.load(Ordering::SeqCst));

        let mut next = Box::pin(gate.pass(until_closed(async { 7 })));
        assert!((&mut next).now_or_never().is_none(), "nothing passes");
        drop(closed);
        assert_eq!(next.await, Some(7), "what came while it was closed goes on");
        assert_eq!(until_closed(async { 7 }).await, Some(7), "work behind no gate");
    }
}
