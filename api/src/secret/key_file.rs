//! Files that contain secrets.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{path}: {source}", path = .0.display(), source = .1)]
    File(PathBuf, io::Error),
    #[error("other users can read {path}; run: chmod 600 {path}", path = .0.display())]
    Exposed(PathBuf),
    #[error("{path} does not contain {expected}", path = .0.display(), expected = .1)]
    Content(PathBuf, &'static str),
}

/// Reads a secret file, or creates it atomically with mode 0600. The caller holds the lock of the data folder, so that no other process
/// creates the same file. Orchestrators mount secrets with mode 0440, often as a read-only folder: the group may read, and an existing
/// file needs no write access.
pub(super) fn read_or_create(path: &Path, make: impl FnOnce() -> Zeroizing<String>) -> Result<Zeroizing<String>, KeyError> {
    let failed = |error| KeyError::File(path.to_owned(), error);
    if !path.try_exists().map_err(failed)? {
        let part = path.with_extension("part");
        let _ = fs::remove_file(&part); // left by a start that was killed
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(failed)?;
        file.write_all(make().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&part, path).map_err(failed)?;
    }
    read(path)
}

/// Reads a secret file that other users cannot read.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let failed = |error| KeyError::File(path.to_owned(), error);
    if fs::metadata(path).map_err(failed)?.permissions().mode() & 0o027 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(failed)
}
