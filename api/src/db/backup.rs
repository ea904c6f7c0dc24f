//! Copies of the embedded database.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind},
    os::unix::fs::OpenOptionsExt,
    path::{self, Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::{FlockOperation, fcntl_lock},
    io::Errno,
};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};

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
    #[error("{path} is there already; write the name of a new file", path = .0.display())]
    Exists(PathBuf),
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
    let source = sqlite_file::path(&config.url).ok_or(BackupError::Server)?;
    if !source.exists() {
        return Err(BackupError::Missing(config.shown()));
    }
    copy(&source, Mode::ReadWrite, file).await
}

/// Puts a copy in the place of the database, which no process may use. Returns where the former one is now, if there was one. Until the
/// copy is complete, nothing changes.
pub async fn restore(config: &DatabaseConfig, file: &Path) -> Result<Option<PathBuf>, BackupError> {
    let target = sqlite_file::path(&config.url).ok_or(BackupError::Server)?;
    // The database stays where a link leads.
    let target = fs::canonicalize(&target).unwrap_or(target);
    check(file).await?;
    let failed = |error| BackupError::File(target.clone(), error);
    refuse_in_use(config, &target)?;
    sqlite_file::create_folder(&target).map_err(failed)?;
    let part = beside(&target, ".part");
    if fs::canonicalize(file).ok() != fs::canonicalize(&part).ok() {
        let _ = fs::remove_file(&part); // left by a process that was killed
    }
    // Not as bytes: the source may have a log beside it.
    copy(file, Mode::ReadOnly, &part).await?;
    let former = match set_aside(config, &target).await {
        Ok(former) => former,
        Err(error) => {
            let _ = fs::remove_file(&part);
            return Err(error);
        }
    };
    fs::rename(&part, &target).and_then(|()| sync_folder(&target)).map_err(failed)?;
    Ok(former)
}

/// Writes a copy of a database into a new file.
async fn copy(source: &Path, mode: Mode, file: &Path) -> Result<(), BackupError> {
    let failed = |error| BackupError::File(file.to_owned(), error);
    // SQLite reads `:memory:` and `file:…` as something else than a name.
    let path = path::absolute(file).map_err(failed)?;
    let name = path.to_str().ok_or_else(|| failed(io::Error::new(ErrorKind::InvalidInput, "the name must be UTF-8")))?;
    // SQLite writes into an empty file, and would make a new one readable for everyone.
    match File::options().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(BackupError::Exists(file.to_owned())),
        opened => drop(opened.map_err(failed)?),
    }
    let copied = async {
        let db = connect(source, mode).await?;
        db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [name.into()])).await?;
        db.close().await
    };
    let copied = copied.await.map_err(BackupError::Copy);
    let copied = copied.and_then(|()| File::open(file).and_then(|file| file.sync_all()).map_err(failed));
    copied.and_then(|()| sync_folder(&path).map_err(failed)).inspect_err(|_| drop(fs::remove_file(file)))
}

/// Makes sure that a power cut takes no name from a folder.
fn sync_folder(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), |folder| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()
    })
}

/// SQLite's own locks tell, even if the database is damaged.
fn refuse_in_use(config: &DatabaseConfig, target: &Path) -> Result<(), BackupError> {
    let Ok(file) = File::options().write(true).open(target) else { return Ok(()) };
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::AGAIN | Errno::ACCESS) => Err(BackupError::InUse(config.shown())),
        _ => Ok(()),
    }
}

/// Gives the database another name, after everything in its log was written into it; if it is damaged, with its log.
async fn set_aside(config: &DatabaseConfig, target: &Path) -> Result<Option<PathBuf>, BackupError> {
    let exists = target.exists();
    if exists {
        fold_log(config, target).await?;
    }
    let names = (1..1000).map(|n| beside(target, &format!(".former{n}")));
    let free = |former: &PathBuf| LOGS.into_iter().chain([""]).all(|end| !beside(former, end).exists());
    let former = names.into_iter().find(free).unwrap_or_else(|| beside(target, ".former0"));
    let kept = |done: io::Result<()>| match done {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(BackupError::File(former.clone(), error)),
        _ => Ok(()),
    };
    // SQLite would apply a log to any database of its name.
    for end in LOGS {
        kept(fs::rename(beside(target, end), beside(&former, end)))?;
    }
    // A second name, where the file system has them: at no moment is there no database, which a start would create.
    kept(fs::hard_link(target, &former).or_else(|_| fs::rename(target, &former)))?;
    Ok(exists.then_some(former))
}

/// What SQLite keeps beside a database that it has not closed.
const LOGS: [&str; 3] = ["-shm", "-wal", "-journal"];

async fn fold_log(config: &DatabaseConfig, target: &Path) -> Result<(), BackupError> {
    let folded = async {
        let db = connect(target, Mode::ReadWrite).await?;
        // Needs the database for itself, and leaves no log beside it.
        let left = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA journal_mode = DELETE")).await?;
        let mode: String = left.and_then(|row| row.try_get_by_index(0).ok()).unwrap_or_default();
        db.close().await?;
        Ok::<_, DbErr>(mode)
    };
    match folded.await {
        Ok(mode) if mode == "delete" => Ok(()),
        Err(error) if !is_busy(&error) => {
            tracing::warn!(%error, "the former database is damaged");
            Ok(())
        }
        _ => Err(BackupError::InUse(config.shown())),
    }
}

/// `SQLITE_BUSY` and `SQLITE_LOCKED`.
fn is_busy(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xFF, 5 | 6))
}

async fn check(file: &Path) -> Result<(), BackupError> {
    let not = |why: &dyn std::fmt::Display| BackupError::NotADatabase(file.to_owned(), why.to_string());
    fs::metadata(file).map_err(|error| BackupError::File(file.to_owned(), error))?;
    let db = connect(file, Mode::ReadOnly).await.map_err(|error| not(&error))?;
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

/// A name beside a file.
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    name.into()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    ReadOnly,
    ReadWrite,
}

async fn connect(file: &Path, mode: Mode) -> Result<DatabaseConnection, DbErr> {
    let file = path::absolute(file).map_err(|error| DbErr::Custom(error.to_string()))?;
    let mut options = ConnectOptions::new("sqlite:");
    // No URL could hold every name.
    options.map_sqlx_sqlite_opts(move |sqlite| sqlite.filename(&file).read_only(mode == Mode::ReadOnly));
    options.max_connections(1).sqlx_logging(false).acquire_timeout(Duration::from_secs(5));
    Database::connect(options).await
}
