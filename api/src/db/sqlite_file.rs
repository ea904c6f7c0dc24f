//! The file of the embedded database.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Creates SQLite's file and its folder, readable by the service's user only: the file contains addresses and hashes. SQLite itself
/// would create it world-readable; its WAL files inherit the mode of this file. Warns if other users can read an existing file.
pub(super) fn create(url: &str) -> io::Result<()> {
    let Some(path) = path(url) else { return Ok(()) };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = File::options().create(true).append(true).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o007 != 0 && is_open_to_others(path.parent()) {
        let path = path.display();
        tracing::warn!("other users of this machine can read or change the database; run: chmod 600 {path}*");
    }
    Ok(())
}

/// Whether the file exists. Always true for a database server.
pub(super) fn exists(url: &str) -> bool {
    path(url).is_none_or(Path::exists)
}

/// The path of the file; `None` for a database server, and for a database in memory.
pub(super) fn path(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?.trim_start_matches("//").split('?').next()?;
    (!path.is_empty()).then(|| Path::new(path))
}

fn is_open_to_others(folder: Option<&Path>) -> bool {
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
}
