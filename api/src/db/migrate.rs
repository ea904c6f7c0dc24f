//! Bringing the schema up to date.

use migration::{HISTORY, Migrator, MigratorTrait, SchemaManager, TABLES};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait};

use super::OpenError;

/// Brings the schema up to date, one starter at a time.
pub(super) async fn migrate(connection: &DatabaseConnection) -> Result<(), OpenError> {
    let alone = connection.begin().await.map_err(OpenError::Migrate)?;
    lock(&alone).await.map_err(OpenError::Migrate)?;
    let migrated = migrate_alone(connection).await;
    unlock(alone).await.map_err(OpenError::Migrate)?;
    migrated
}

async fn migrate_alone(connection: &DatabaseConnection) -> Result<(), OpenError> {
    refuse_others(connection).await?;
    let known: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let applied = Migrator::get_migration_models(connection).await.map_err(OpenError::Migrate)?;
    if let Some(newer) = applied.into_iter().find(|step| !known.contains(&step.version)) {
        return Err(OpenError::Newer(newer.version));
    }
    Migrator::up(connection, None).await.map_err(OpenError::Migrate)
}

/// A database in which we have not begun may hold no table of a name that we use: somebody else's would be taken for ours.
async fn refuse_others(connection: &DatabaseConnection) -> Result<(), OpenError> {
    let schema = SchemaManager::new(connection);
    if !schema.has_table(HISTORY).await.map_err(OpenError::Migrate)? {
        for table in TABLES {
            if schema.has_table(table).await.map_err(OpenError::Migrate)? {
                return Err(OpenError::Others(table));
            }
        }
    }
    Ok(())
}

/// Waits for other starters, for as long as migrating may take them. SQLite's are held up by a file (`state::lock`).
async fn lock(alone: &DatabaseTransaction) -> Result<(), DbErr> {
    match alone.get_database_backend() {
        DbBackend::Postgres => {
            alone.execute_unprepared("SET LOCAL lock_timeout = '10min'").await?;
            alone.execute_unprepared("SELECT pg_advisory_xact_lock(7161826510)").await?;
        }
        DbBackend::MySql => {
            // Of at most 64 characters, which the database's name may have by itself.
            let ask = Statement::from_string(DbBackend::MySql, "SELECT GET_LOCK(CONCAT('bifrons ', SHA1(DATABASE())), 2)");
            let mut waits = 300;
            while alone.query_one_raw(ask.clone()).await?.and_then(|row| row.try_get_by_index::<i64>(0).ok()) != Some(1) {
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

async fn unlock(alone: DatabaseTransaction) -> Result<(), DbErr> {
    if alone.get_database_backend() == DbBackend::MySql {
        alone.execute_unprepared("DO RELEASE_LOCK(CONCAT('bifrons ', SHA1(DATABASE())))").await?;
    }
    alone.commit().await
}
