//! Connections to a database server, directly or through a pooler in transaction mode.
//!
//! Such a pooler may give each transaction another server connection. So nothing may outlive a transaction: every statement runs in a
//! transaction of its own, which first removes prepared statements that a failed transaction left behind, and sets its timeouts.

use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    TransactionTrait as _, prelude::async_trait,
};

use super::conflict::{is_conflict, retry};

/// Connections to a database server.
#[derive(Clone, Debug)]
pub struct ServerPool {
    connection: DatabaseConnection,
    /// SQL that begins every transaction, with a pooler in transaction mode.
    prologue: Option<Arc<str>>,
}

impl ServerPool {
    pub(super) fn new(connection: DatabaseConnection, prologue: Option<String>) -> Self {
        Self { connection, prologue: prologue.map(Into::into) }
    }

    /// How many connections are in use, and how many there may be.
    pub(super) fn usage(&self) -> (usize, usize) {
        let usage = |open: u32, idle, max: u32| ((open as usize).saturating_sub(idle), max as usize);
        match self.connection.get_database_backend() {
            DbBackend::Postgres => {
                let pool = self.connection.get_postgres_connection_pool();
                usage(pool.size(), pool.num_idle(), pool.options().get_max_connections())
            }
            DbBackend::MySql => {
                let pool = self.connection.get_mysql_connection_pool();
                usage(pool.size(), pool.num_idle(), pool.options().get_max_connections())
            }
            _ => (0, 0),
        }
    }

    /// Outside any transaction. Not for use with a pooler in transaction mode.
    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.connection.begin().await?;
        if let Some(prologue) = &self.prologue {
            transaction.execute_unprepared(prologue).await?;
        }
        Ok(transaction)
    }

    pub(super) async fn close(self) -> Result<(), DbErr> {
        self.connection.close().await
    }
}

impl ServerPool {
    async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if self.prologue.is_none() {
            return self.connection.query_one_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let row = transaction.query_one_raw(statement).await?;
        transaction.commit().await.map(|()| row)
    }

    async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if self.prologue.is_none() {
            return self.connection.query_all_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let rows = transaction.query_all_raw(statement).await?;
        transaction.commit().await.map(|()| rows)
    }

    async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        if self.prologue.is_none() {
            return self.connection.execute_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let result = transaction.execute_raw(statement).await?;
        transaction.commit().await.map(|()| result)
    }

    async fn execute_text(&self, sql: &str) -> Result<ExecResult, DbErr> {
        if self.prologue.is_none() {
            return self.connection.execute_unprepared(sql).await;
        }
        let transaction = self.begin().await?;
        let result = transaction.execute_unprepared(sql).await?;
        transaction.commit().await.map(|()| result)
    }
}

/// Each statement is a transaction. If it conflicts with another one it is repeated: at `serializable` a query can conflict, too.
#[async_trait::async_trait]
impl ConnectionTrait for ServerPool {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        retry(is_conflict, || self.execute(statement.clone())).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        retry(is_conflict, || self.execute_text(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        retry(is_conflict, || self.query_one(statement.clone())).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        retry(is_conflict, || self.query_all(statement.clone())).await
    }
}
