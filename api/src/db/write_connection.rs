//! The connection of one write: a transaction, or a statement that is a transaction by itself.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement, prelude::async_trait};

use super::{Db, Transaction, Unavailable, pool::Pool, timeouts::WithTimeout};

/// What a write needs of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Several statements: all of them or none.
    Transaction,
    /// One statement, which needs no transaction around it.
    Statement,
    /// One statement that no answer acknowledges: on SQLite it survives the process, but not a power cut.
    Relaxed,
}

/// The connection of one write.
#[derive(Debug)]
pub(crate) enum WriteConnection {
    Transaction(Transaction),
    Statement(WithTimeout<Pool>),
}

impl WriteConnection {
    pub(crate) async fn begin(db: &Db, scope: Scope) -> Result<Self, Unavailable> {
        Ok(match scope {
            Scope::Transaction => Self::Transaction(db.begin().await?),
            Scope::Statement => Self::Statement(db.pool.clone()),
            Scope::Relaxed => Self::Statement(db.relaxed.clone()),
        })
    }

    pub(crate) async fn commit(self) -> Result<(), Unavailable> {
        match self {
            Self::Transaction(transaction) => Ok(transaction.commit().await?),
            Self::Statement(_) => Ok(()),
        }
    }

    pub(crate) async fn rollback(self) -> Result<(), Unavailable> {
        match self {
            Self::Transaction(transaction) => Ok(transaction.rollback().await?),
            Self::Statement(_) => Ok(()),
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for WriteConnection {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Transaction(connection) => connection.get_database_backend(),
            Self::Statement(connection) => connection.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Transaction(connection) => connection.execute_raw(statement).await,
            Self::Statement(connection) => connection.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Transaction(connection) => connection.execute_unprepared(sql).await,
            Self::Statement(connection) => connection.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Transaction(connection) => connection.query_one_raw(statement).await,
            Self::Statement(connection) => connection.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Transaction(connection) => connection.query_all_raw(statement).await,
            Self::Statement(connection) => connection.query_all_raw(statement).await,
        }
    }
}
