//! Copies of the embedded database.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};

use super::{
    error::OpenError,
    migrate::{self, Status},
    sqlite_file,
};
use crate::config::DatabaseConfig;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the database is not an embedded one; use its own tool, for example pg_dump or mariadb-dump --single-transaction")]
    Server,
    #[error("there is no database of Bifrons at {0}; check data_dir and database.url")]
    Missing(String),
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    File(PathBuf, io::Error),
    #[error("{path} is no intact database of Bifrons: {why}", path = .0.display(), why = .1)]
    NotADatabase(PathBuf, String),
    #[error("a process uses the database {0}; stop all nodes first")]
    InUse(String),
    #[error("the database cannot be copied: {0}")]
    Copy(DbErr),
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Writes a consistent copy of the database, while nodes use it. The file must not exist, and only its owner can read it.
pub async fn backup(config: &DatabaseConfig, file: &Path) -> Result<(), BackupError> {
    let source = own_file(config)?;
    let failed = |error| BackupError::File(file.to_owned(), error);
    // SQLite writes into an empty file, and would make a new one readable for everyone.
    File::options().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    let copied = async {
        let db = connect(&source, "rw").await?;
        let copy = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [file.to_string_lossy().into_owned().into()]);
        db.execute_raw(copy).await?;
        db.close().await
    };
    if let Err(error) = copied.await {
        let _ = fs::remove_file(file);
        return Err(BackupError::Copy(error));
    }
    File::open(file).and_then(|file| file.sync_all()).map_err(failed)
}

/// Puts a copy in the place of the database, which no process may use. Returns where the former one is now, if there was one.
pub async fn restore(config: &DatabaseConfig, file: &Path) -> Result<Option<PathBuf>, BackupError> {
    let target = sqlite_file::path(&config.url).ok_or(BackupError::Server)?.to_owned();
    check(file).await?;
    let failed = |error| BackupError::File(target.clone(), error);
    let former = if target.exists() { Some(set_aside(config, &target).await?) } else { None };
    sqlite_file::create(&config.url).map_err(failed)?;
    let part = target.with_extension("part");
    let _ = fs::remove_file(&part); // left by a process that was killed
    let mut written = File::options().write(true).create_new(true).mode(0o600).open(&part).map_err(failed)?;
    let copied = File::open(file).and_then(|mut source| io::copy(&mut source, &mut written)).and_then(|_| written.sync_all());
    copied.and_then(|()| fs::rename(&part, &target)).map_err(failed)?;
    Ok(former)
}

/// Renames the database, after everything in its log was written into it.
async fn set_aside(config: &DatabaseConfig, target: &Path) -> Result<PathBuf, BackupError> {
    let in_use = |_: DbErr| BackupError::InUse(config.shown());
    let db = connect(target, "rw").await.map_err(BackupError::Copy)?;
    // Needs the database for itself, and leaves no log beside it.
    let left = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA journal_mode = DELETE")).await.map_err(in_use)?;
    let mode: String = left.and_then(|row| row.try_get_by_index(0).ok()).unwrap_or_default();
    db.close().await.map_err(BackupError::Copy)?;
    if mode != "delete" {
        return Err(BackupError::InUse(config.shown()));
    }
    let former = |n: u32| PathBuf::from(format!("{}.former{n}", target.display()));
    let former = (1..1000).map(former).find(|path| !path.exists()).unwrap_or_else(|| former(0));
    fs::rename(target, &former).map_err(|error| BackupError::File(former.clone(), error))?;
    Ok(former)
}

async fn check(file: &Path) -> Result<(), BackupError> {
    let not = |why: &dyn std::fmt::Display| BackupError::NotADatabase(file.to_owned(), why.to_string());
    fs::metadata(file).map_err(|error| BackupError::File(file.to_owned(), error))?;
    let db = connect(file, "ro").await.map_err(|error| not(&error))?;
    let intact = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check")).await;
    let intact: String = intact.map_err(|error| not(&error))?.and_then(|row| row.try_get_by_index(0).ok()).unwrap_or_default();
    if intact != "ok" {
        return Err(not(&intact));
    }
    if migrate::read_status(&db).await? == Status::Empty {
        return Err(not(&"it has no tables of Bifrons"));
    }
    db.close().await.map_err(BackupError::Copy)
}

fn own_file(config: &DatabaseConfig) -> Result<PathBuf, BackupError> {
    let path = sqlite_file::path(&config.url).ok_or(BackupError::Server)?;
    if path.exists() { Ok(path.to_owned()) } else { Err(BackupError::Missing(config.shown())) }
}

async fn connect(file: &Path, mode: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(format!("sqlite:{}?mode={mode}", file.display()));
    options.max_connections(1).sqlx_logging(false).acquire_timeout(Duration::from_secs(5));
    Database::connect(options).await
}
