//! Migrates the schema to this version.

use migration::{HISTORY, Migrator, MigratorTrait, SchemaManager, TABLES};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait};

use super::OpenError;

/// Migrates the schema. One process migrates at a time; others wait.
pub(super) async fn migrate(connection: &DatabaseConnection) -> Result<(), OpenError> {
    let holder = connection.begin().await.map_err(OpenError::Migrate)?;
    lock(&holder).await.map_err(OpenError::Migrate)?;
    let migrated = migrate_locked(connection).await;
    unlock(holder).await.map_err(OpenError::Migrate)?;
    migrated
}

async fn migrate_locked(connection: &DatabaseConnection) -> Result<(), OpenError> {
    refuse_foreign_tables(connection).await?;
    let known: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let applied = Migrator::get_migration_models(connection).await.map_err(OpenError::Migrate)?;
    if let Some(newer) = applied.into_iter().find(|step| !known.contains(&step.version)) {
        return Err(OpenError::Newer(newer.version));
    }
    Migrator::up(connection, None).await.map_err(OpenError::Migrate)
}

/// Refuses a database that has no migration history but already contains a table of ours: another program's table would be taken for
/// ours.
async fn refuse_foreign_tables(connection: &DatabaseConnection) -> Result<(), OpenError> {
    let schema = SchemaManager::new(connection);
    if !schema.has_table(HISTORY).await.map_err(OpenError::Migrate)? {
        for table in TABLES {
            if schema.has_table(table).await.map_err(OpenError::Migrate)? {
                return Err(OpenError::ForeignTable(table));
            }
        }
    }
    Ok(())
}

/// Waits while another process migrates, for ten minutes at most. With SQLite a file lock does this (`state::lock`).
async fn lock(holder: &DatabaseTransaction) -> Result<(), DbErr> {
    match holder.get_database_backend() {
        DbBackend::Postgres => {
            holder.execute_unprepared("SET LOCAL lock_timeout = '10min'").await?;
            holder.execute_unprepared("SELECT pg_advisory_xact_lock(7161826510)").await?;
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
    Ok(())
}

async fn unlock(holder: DatabaseTransaction) -> Result<(), DbErr> {
    if holder.get_database_backend() == DbBackend::MySql {
        holder.execute_unprepared("DO RELEASE_LOCK(CONCAT('bifrons ', SHA1(DATABASE())))").await?;
    }
    holder.commit().await
}
