//! One process migrates at a time, on a database whose own locks do not say so: Galera holds a named lock on one node only, and not every
//! server that speaks PostgreSQL's protocol has advisory locks. A row names the holder, who extends its time.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait,
    sea_query::{ColumnDef, Expr, Query, SimpleExpr, Table},
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{
    clock::database_now,
    conflict::retry,
    error::{is_duplicate, sql_state},
    server_pool::ServerPool,
};
use crate::random;

const TABLE: &str = "migration_lease";

/// How long a lease is valid after its holder has extended it, by the database's clock. A process that died holds up others for as long.
const VALID_FOR: Duration = Duration::from_secs(30);

const EXTENDED_EVERY: Duration = Duration::from_secs(5);

const ASKED_EVERY: Duration = Duration::from_millis(250);

const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// The lease of this process.
pub(super) struct MigrationLease<'a> {
    pool: &'a ServerPool,
    holder: String,
}

impl<'a> MigrationLease<'a> {
    /// Waits until no other process has the lease.
    pub(super) async fn take(pool: &'a ServerPool) -> Result<Self, DbErr> {
        let lease = Self { pool, holder: Uuid::from_bytes(random::bytes()).to_string() };
        create_table(pool).await?;
        let began = Instant::now();
        while !lease.insert().await? && !lease.replace_expired().await? {
            if began.elapsed() > LONGEST_WAIT {
                return Err(DbErr::Custom("another process has been migrating for ten minutes".to_owned()));
            }
            sleep(ASKED_EVERY).await;
        }
        Ok(lease)
    }

    /// Runs `work`, and ends it if the lease cannot be extended in time.
    pub(super) async fn hold<T, E>(self, work: impl Future<Output = Result<T, E>>, failed: impl Fn(DbErr) -> E) -> Result<T, E> {
        let lost = || DbErr::Custom("the lease of the migration expired: the database did not answer for too long".to_owned());
        let result = tokio::select! {
            result = work => result,
            () = self.extend() => return Err(failed(lost())),
        };
        let delete = Query::delete().from_table(TABLE).and_where(Expr::col("holder").eq(self.holder.as_str())).to_owned();
        self.pool.execute(&delete).await.map_err(failed)?;
        result
    }

    /// Extends the lease again and again. Returns when it is lost.
    async fn extend(&self) {
        let mut extended_at = Instant::now();
        while extended_at.elapsed() + EXTENDED_EVERY < VALID_FOR {
            sleep(EXTENDED_EVERY).await;
            let began = Instant::now();
            let update = Query::update()
                .table(TABLE)
                .value("valid_until", self.valid_until())
                .and_where(Expr::col("holder").eq(self.holder.as_str()))
                .to_owned();
            match self.pool.execute(&update).await {
                Ok(done) if done.rows_affected() == 0 => return,
                Ok(_) => extended_at = began,
                Err(error) => tracing::warn!(%error, "cannot extend the lease of the migration"),
            }
        }
    }

    /// Takes a lease that no process ever had, or the last one gave back.
    async fn insert(&self) -> Result<bool, DbErr> {
        let values =
            Query::select().expr(Expr::value(1)).expr(Expr::value(self.holder.as_str())).expr(self.valid_until()).to_owned();
        let insert = Query::insert()
            .into_table(TABLE)
            .columns(["id", "holder", "valid_until"])
            .select_from(values)
            .map(|insert| insert.to_owned())
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        match self.pool.execute(&insert).await {
            Err(error) if is_duplicate(&error) => Ok(false),
            done => done.map(|_| true),
        }
    }

    async fn replace_expired(&self) -> Result<bool, DbErr> {
        let update = Query::update()
            .table(TABLE)
            .value("holder", self.holder.as_str())
            .value("valid_until", self.valid_until())
            .and_where(Expr::col("valid_until").lt(database_now(self.pool)))
            .to_owned();
        Ok(self.pool.execute(&update).await?.rows_affected() > 0)
    }

    fn valid_until(&self) -> SimpleExpr {
        database_now(self.pool).add(i64::try_from(VALID_FOR.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Two processes can create it at once. To PostgreSQL that is a duplicate key of a catalogue, a table that exists (42P07), or a type
/// (42710), in spite of IF NOT EXISTS: for both it is there then.
async fn create_table(pool: &ServerPool) -> Result<(), DbErr> {
    let create = Table::create()
        .table(TABLE)
        .if_not_exists()
        .col(ColumnDef::new("id").small_integer().not_null().primary_key())
        .col(ColumnDef::new("holder").string_len(36).not_null())
        .col(ColumnDef::new("valid_until").big_integer().not_null())
        .to_owned();
    let is_there = |error: &DbErr| is_duplicate(error) || matches!(sql_state(error).as_deref(), Some("42P07" | "42710"));
    retry(is_there, || async { pool.execute(&create).await.map(drop) }).await
}
