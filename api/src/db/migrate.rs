//! Migrates the schema to this version.

use migration::{FORMER_TABLES, HISTORY, Migrator, MigratorTrait, SchemaManager, TABLES};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, IntoDatabaseExecutor, Statement};

use super::{
    conflict,
    connect::MIGRATION_LOCK_TIMEOUT,
    error::{OpenError, sql_state},
    galera,
    migration_lease::MigrationLease,
    server_pool::ServerPool,
};

/// How a schema compares with this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// No migration has run.
    Empty,
    /// Migrations are missing.
    Older,
    Current,
}

/// Reads the migration history. Needs no right to change the schema.
pub(super) async fn status(pool: &ServerPool) -> Result<Status, OpenError> {
    let transaction = pool.begin().await.map_err(OpenError::Migrate)?;
    let status = read_status(&transaction).await;
    transaction.rollback().await.map_err(OpenError::Migrate)?;
    status
}

pub(super) async fn read_status<'c>(connection: impl IntoDatabaseExecutor<'c>) -> Result<Status, OpenError> {
    let schema = SchemaManager::new(connection);
    if !schema.has_table(HISTORY).await.map_err(OpenError::Migrate)? {
        return Ok(Status::Empty);
    }
    let applied = applied(schema.get_connection()).await.map_err(OpenError::Migrate)?;
    let known = known();
    if let Some(newer) = applied.iter().find(|step| !known.contains(step)) {
        return Err(OpenError::Newer(newer.clone()));
    }
    Ok(if known.iter().all(|step| applied.contains(step)) { Status::Current } else { Status::Older })
}

/// The newest step of the history that this version does not know.
pub(super) async fn newer_step(connection: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    let known = known();
    Ok(applied(connection).await?.into_iter().filter(|step| !known.contains(step)).max())
}

fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

async fn applied(history: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let query = Statement::from_string(history.get_database_backend(), format!("SELECT version FROM {HISTORY}"));
    history.query_all_raw(query).await?.into_iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Migrates the schema. One process migrates at a time; others wait.
pub(super) async fn migrate(pool: &ServerPool) -> Result<(), OpenError> {
    let is_conflict = |error: &OpenError| matches!(error, OpenError::Migrate(error) if conflict::is_conflict(error));
    conflict::retry(is_conflict, || migrate_once(pool)).await
}

/// On PostgreSQL all steps are one transaction, which a pooler in transaction mode needs.
async fn migrate_once(pool: &ServerPool) -> Result<(), OpenError> {
    let is_one_transaction = pool.get_database_backend() == DbBackend::Postgres;
    match lock(pool).await.map_err(OpenError::Migrate)? {
        Some(holder) if is_one_transaction => {
            migrate_locked(&holder).await?;
            holder.commit().await.map_err(OpenError::Migrate)
        }
        Some(holder) => {
            let migrated = migrate_locked(pool.connection()).await;
            unlock(holder).await.map_err(OpenError::Migrate)?;
            migrated
        }
        None => {
            let lease = MigrationLease::take(pool).await.map_err(OpenError::Migrate)?;
            let migrating = async {
                if !is_one_transaction {
                    return migrate_locked(pool.connection()).await;
                }
                let transaction = pool.begin().await.map_err(OpenError::Migrate)?;
                migrate_locked(&transaction).await?;
                transaction.commit().await.map_err(OpenError::Migrate)
            };
            lease.hold(migrating, OpenError::Migrate).await
        }
    }
}

async fn migrate_locked<'c>(connection: impl IntoDatabaseExecutor<'c> + Copy) -> Result<(), OpenError> {
    // Another process may have migrated in the meantime.
    if read_status(connection).await? == Status::Empty {
        refuse_foreign_tables(connection).await?;
    }
    Migrator::up(connection, None).await.map_err(OpenError::Migrate)
}

/// Refuses a database that has no migration history but already contains a table of ours: another program's table would be taken for
/// ours.
async fn refuse_foreign_tables<'c>(connection: impl IntoDatabaseExecutor<'c>) -> Result<(), OpenError> {
    let schema = SchemaManager::new(connection);
    for table in TABLES.into_iter().chain(FORMER_TABLES) {
        if schema.has_table(table).await.map_err(OpenError::Migrate)? {
            return Err(OpenError::ForeignTable(table));
        }
    }
    Ok(())
}

/// Waits while another process migrates, for ten minutes at most. With SQLite a file lock does this (`state::lock`). `None` if the locks
/// of this database do not exclude other processes.
async fn lock(pool: &ServerPool) -> Result<Option<DatabaseTransaction>, DbErr> {
    if galera::is_galera(pool).await? {
        return Ok(None);
    }
    let holder = pool.begin().await?;
    match holder.get_database_backend() {
        DbBackend::Postgres => {
            holder.execute_unprepared("SET LOCAL lock_timeout = '10min'").await?;
            match holder.execute_unprepared("SELECT pg_advisory_xact_lock(7161826510)").await {
                Err(error) if is_missing_function(&error) => {
                    holder.rollback().await?;
                    return Ok(None);
                }
                locked => locked?,
            };
            let timeout = MIGRATION_LOCK_TIMEOUT.as_millis();
            holder.execute_unprepared(&format!("SET LOCAL lock_timeout = {timeout}")).await?;
        }
        DbBackend::MySql => {
            // A lock name has at most 64 characters; a database name alone may have 64.
            let ask = Statement::from_string(DbBackend::MySql, "SELECT GET_LOCK(CONCAT('bifrons ', SHA1(DATABASE())), 2)");
            let mut waits = 300;
            while holder.query_one_raw(ask.clone()).await?.and_then(|row| row.try_get_by_index::<i64>(0).ok()) != Some(1) {
                waits -= 1;
                if waits == 0 {
                    return Err(DbErr::Custom("another process has been migrating for ten minutes".to_owned()));
                }
            }
        }
        _ => {}
    }
    Ok(Some(holder))
}

/// Whether the server has no such function (42883, 0A000), or keeps it from this database user (42501).
fn is_missing_function(error: &DbErr) -> bool {
    matches!(sql_state(error).as_deref(), Some("42883" | "0A000" | "42501"))
}

async fn unlock(holder: DatabaseTransaction) -> Result<(), DbErr> {
    if holder.get_database_backend() == DbBackend::MySql {
        holder.execute_unprepared("DO RELEASE_LOCK(CONCAT('bifrons ', SHA1(DATABASE())))").await?;
    }
    holder.commit().await
}
