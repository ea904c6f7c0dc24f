//! The one write path. Every change of a session, a grant or a user goes through [`AppState::write`].
//!
//! It begins, retries what two transactions spoil for each other, commits, and runs to completion even if the client hangs up. Then it
//! announces the changes to this node's cache and to the other nodes. The stores note changes and events on the [`Tx`] that they write
//! with, so that no caller can forget either, and nothing is announced or recorded that was rolled back. The rows of the events are part
//! of the transaction: what was committed has its row in the audit trail.

use std::sync::{Arc, Mutex, PoisonError};

use entity::outgoing_mail;
use futures_util::future::BoxFuture;

use super::app_state::AppState;
use crate::{
    audit::{Record, Stored},
    background::run_to_completion,
    db::{Scope, Transaction, Unavailable},
    mail::store::insert,
    session_cache::Change,
};

/// A write that is not committed yet.
#[derive(Debug)]
pub struct Tx {
    connection: Transaction,
    noted: Mutex<Noted>,
    row_locks_need_writes: bool,
}

/// What follows from a write once it is committed.
#[derive(Debug, Default)]
struct Noted {
    changes: Vec<Change>,
    events: Vec<Record>,
    has_mail: bool,
}

impl Tx {
    /// For the statements of the stores.
    pub(crate) fn connection(&self) -> &Transaction {
        &self.connection
    }

    /// Whether a lock of a row is not enough: on Galera it excludes no transaction on other nodes, and at repeatable read a transaction that
    /// waited for it sees what was before. Then a transaction that relies on a row must write it ([`later`](crate::db::later)), so that one
    /// of two such transactions is repeated.
    pub(crate) fn row_locks_need_writes(&self) -> bool {
        self.row_locks_need_writes
    }

    /// Notes a change, for all caches of this session or user.
    pub(crate) fn changed(&self, change: Change) {
        self.note(|noted| noted.changes.push(change));
    }

    /// Notes an event.
    pub(crate) fn record(&self, event: impl Into<Record>) {
        self.note(|noted| noted.events.push(event.into()));
    }

    /// Puts a mail into the outbox.
    pub(crate) async fn mail(&self, mail: outgoing_mail::Model) -> Result<(), Unavailable> {
        insert(self.connection(), mail).await?;
        self.note(|noted| noted.has_mail = true);
        Ok(())
    }

    fn note(&self, note: impl FnOnce(&mut Noted)) {
        note(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl AppState {
    /// Runs `work` and commits it. `work` may run several times, so it borrows its input. Its future is boxed because a closure cannot
    /// declare that the future which it returns is `Send`.
    pub async fn write<I, T>(
        self: &Arc<Self>,
        scope: Scope,
        input: I,
        work: impl for<'a> Fn(&'a Tx, &'a I) -> BoxFuture<'a, Result<T, Unavailable>> + Send + Sync + 'static,
    ) -> Result<T, Unavailable>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        run_to_completion(Arc::clone(self).perform(scope, input, work, |_| false)).await
    }

    /// The same for work that can refuse: then it is rolled back, and the refusal is returned inside.
    pub async fn write_or_refuse<I, T, E>(
        self: &Arc<Self>,
        scope: Scope,
        input: I,
        work: impl for<'a> Fn(&'a Tx, &'a I) -> BoxFuture<'a, Result<Result<T, E>, Unavailable>> + Send + Sync + 'static,
    ) -> Result<Result<T, E>, Unavailable>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        run_to_completion(Arc::clone(self).perform(scope, input, work, Result::is_err)).await
    }

    async fn perform<I, T>(
        self: Arc<Self>,
        scope: Scope,
        input: I,
        work: impl for<'a> Fn(&'a Tx, &'a I) -> BoxFuture<'a, Result<T, Unavailable>> + Send + Sync + 'static,
        refuses: fn(&T) -> bool,
    ) -> Result<T, Unavailable>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let attempt = async || {
            let connection = self.db.begin_with(scope).await?;
            let tx = Tx { connection, noted: Mutex::default(), row_locks_need_writes: self.db.row_locks_need_writes() };
            let value = work(&tx, &input).await?;
            let Tx { connection, noted, .. } = tx;
            if refuses(&value) {
                connection.rollback().await?;
                return Ok((value, Noted::default(), Stored::default()));
            }
            let noted = noted.into_inner().unwrap_or_else(PoisonError::into_inner);
            let stored = self.audit.store(&connection, &noted.events).await?;
            connection.commit().await?;
            Ok((value, noted, stored))
        };
        let (value, noted, stored) = self.db.retry(attempt).await?;
        self.cache.announce(&noted.changes).await;
        self.audit.committed(noted.events, stored);
        if noted.has_mail {
            self.outbox.notify();
        }
        Ok(value)
    }
}
