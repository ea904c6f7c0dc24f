//! One type for connections to a database server and to a SQLite file.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement, prelude::async_trait};

use super::{
    server_pool::ServerPool,
    sqlite_pool::{SqlitePool, SqliteTransaction},
};

/// A pool or a transaction, by engine.
#[derive(Clone, Debug)]
pub enum Engine<S, F> {
    /// PostgreSQL, MariaDB or MySQL.
    Server(S),
    /// SQLite.
    File(F),
}

pub(super) type Pool = Engine<ServerPool, SqlitePool>;

pub(super) type PoolTransaction = Engine<DatabaseTransaction, SqliteTransaction>;

impl Pool {
    pub(super) async fn begin(&self) -> Result<PoolTransaction, DbErr> {
        match self {
            Self::Server(server) => server.begin().await.map(Engine::Server),
            Self::File(file) => file.begin().await.map(Engine::File),
        }
    }

    /// How many connections are in use, and how many there may be.
    pub(super) fn usage(&self) -> (usize, usize) {
        match self {
            Self::Server(server) => server.usage(),
            Self::File(file) => file.usage(),
        }
    }

    /// Changes the condition of an embedded database.
    #[cfg(feature = "testbed")]
    pub(super) fn set_condition(&self, condition: super::condition::Condition) -> super::condition::Condition {
        match self {
            Self::Server(_) => super::condition::Condition::Up,
            Self::File(file) => file.set_condition(condition),
        }
    }

    pub(super) async fn close(self) -> Result<(), DbErr> {
        match self {
            Self::Server(server) => server.close().await,
            Self::File(file) => file.close().await,
        }
    }
}

impl PoolTransaction {
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Server(server) => server.commit().await,
            Self::File(file) => file.commit().await,
        }
    }

    pub(super) async fn rollback(self) -> Result<(), DbErr> {
        match self {
            Self::Server(server) => server.rollback().await,
            Self::File(file) => file.rollback().await,
        }
    }
}

#[async_trait::async_trait]
impl<S: ConnectionTrait, F: ConnectionTrait> ConnectionTrait for Engine<S, F> {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Server(server) => server.get_database_backend(),
            Self::File(file) => file.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Server(server) => server.execute_raw(statement).await,
            Self::File(file) => file.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Server(server) => server.execute_unprepared(sql).await,
            Self::File(file) => file.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Server(server) => server.query_one_raw(statement).await,
            Self::File(file) => file.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Server(server) => server.query_all_raw(statement).await,
            Self::File(file) => file.query_all_raw(statement).await,
        }
    }
}
