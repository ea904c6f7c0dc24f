//! The file of the embedded database.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sea_orm::sqlx::sqlite::SqliteConnectOptions;

/// Creates SQLite's file and its folder, readable by the service's user only: the file contains addresses and hashes. SQLite itself
/// would create it world-readable; its WAL files inherit the mode of this file. Warns if other users can read an existing file.
pub(super) fn create(url: &str) -> io::Result<()> {
    let Some(path) = path(url) else { return Ok(()) };
    create_folder(&path)?;
    let file = File::options().create(true).append(true).mode(0o600).open(&path)?;
    if file.metadata()?.permissions().mode() & 0o007 != 0 && is_open_to_others(path.parent()) {
        let path = path.display();
        tracing::warn!("other users of this machine can read or change the database; run: chmod 600 {path}*");
    }
    Ok(())
}

/// Creates the folder of a file, for the service's user only.
pub(super) fn create_folder(file: &Path) -> io::Result<()> {
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

/// Whether the file exists. Always true for a database server.
pub(super) fn exists(url: &str) -> bool {
    path(url).is_none_or(|path| path.exists())
}

/// The path of the file, as the driver reads it from the URL: with percent-encoding, without parameters. `None` for a database server.
pub(super) fn path(url: &str) -> Option<PathBuf> {
    let file = url.strip_prefix("sqlite:")?.split('?').next()?;
    let options: SqliteConnectOptions = format!("sqlite:{file}").parse().ok()?;
    Some(options.get_filename().to_owned()).filter(|path| !path.as_os_str().is_empty())
}

fn is_open_to_others(folder: Option<&Path>) -> bool {
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
}
