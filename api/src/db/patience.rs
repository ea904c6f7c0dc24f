//! Connections that fall silent. The server ends what takes too long; but a server, or something on the way to it, may be gone
//! without a word, and then nobody ends anything. Whoever waits for longer than a server may take gives up, and does not use the
//! connection again; the others are tried before they are used.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    prelude::async_trait,
    sqlx::{self, Connection as _, Database, pool::PoolOptions},
};
use tokio::time::{Instant, timeout};

use super::{PATIENCE, connections::Begun};

/// A connection that was idle for longer is tried before it is used: a server may have gone since, or a firewall forgotten it.
const STALE: Duration = Duration::from_secs(30);

/// How long a connection may take to show that it works, before it is used.
const PROMPT: Duration = Duration::from_secs(1);

/// Connections, or one of them in a transaction, on which nobody waits for ever.
#[derive(Clone, Debug)]
pub struct Patient<C> {
    inner: C,
    /// How long anything may take.
    limit: Duration,
    doubt: Arc<Doubt>,
}

/// Since when there is reason to think that connections do not work.
#[derive(Debug, Default)]
pub(super) struct Doubt(Mutex<Option<Instant>>);

impl Doubt {
    fn raise(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it concerns a connection that was not used for so long.
    fn covers(&self, idle: Duration) -> bool {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle > STALE || since.is_some_and(|since| since.elapsed() <= idle)
    }
}

impl<C> Patient<C> {
    pub(super) fn new(inner: C, limit: Duration, doubt: Arc<Doubt>) -> Self {
        Self { inner, limit, doubt }
    }

    pub(super) fn into_inner(self) -> C {
        self.inner
    }

    async fn wait<T>(&self, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        wait(self.limit, &self.doubt, work).await
    }
}

impl<C> Patient<C> {
    /// Makes something of it, on which nobody waits for ever either.
    pub(super) async fn with<'a, T, F: Future<Output = Result<T, DbErr>>>(
        &'a self,
        make: impl FnOnce(&'a C) -> F,
    ) -> Result<Patient<T>, DbErr> {
        let inner = self.wait(make(&self.inner)).await?;
        Ok(Patient::new(inner, self.limit, Arc::clone(&self.doubt)))
    }
}

impl Patient<Begun> {
    /// Makes what was done last.
    pub async fn commit(self) -> Result<(), DbErr> {
        wait(self.limit, &self.doubt, self.inner.commit()).await
    }

    /// Undoes what was done.
    pub async fn rollback(self) -> Result<(), DbErr> {
        wait(self.limit, &self.doubt, self.inner.rollback()).await
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait> ConnectionTrait for Patient<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.wait(self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.wait(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.wait(self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.wait(self.inner.query_all_raw(statement)).await
    }
}

async fn wait<T>(limit: Duration, doubt: &Doubt, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let done = timeout(limit, work).await;
    let done = done.unwrap_or_else(|_| Err(DbErr::Conn(RuntimeErr::Internal("nothing comes from it any more".to_owned()))));
    if done.as_ref().is_err_and(is_about_the_connection) {
        doubt.raise();
    }
    done
}

/// Whether a connection is gone, and others may be too: the server was restarted, or ends them (SQLSTATE class 57, operator
/// intervention).
fn is_about_the_connection(error: &DbErr) -> bool {
    match error {
        DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => match error.as_ref() {
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
            _ => false,
        },
        _ => false,
    }
}

/// A pool whose connections are tried when there is a doubt, and put back only if they answer: the library's own try would wait
/// for as long as TCP does, and keep the place.
pub(super) fn watched<D: Database>(pool: PoolOptions<D>, doubt: &Arc<Doubt>) -> PoolOptions<D> {
    let doubt = Arc::clone(doubt);
    pool.test_before_acquire(false)
        .before_acquire(move |connection, been| {
            let is_doubtful = doubt.covers(been.idle_for);
            Box::pin(async move { if is_doubtful { answers::<D>(connection, PROMPT).await } else { Ok(true) } })
        })
        .after_release(|connection, _| Box::pin(answers::<D>(connection, PATIENCE)))
}

async fn answers<D: Database>(connection: &mut D::Connection, limit: Duration) -> Result<bool, sqlx::Error> {
    let silent = || io::Error::new(io::ErrorKind::TimedOut, "nothing comes from the connection any more");
    timeout(limit, connection.ping()).await.unwrap_or_else(|_| Err(silent().into())).map(|()| true)
}
