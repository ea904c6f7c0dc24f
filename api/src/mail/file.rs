//! Delivers each mail as one `.eml` file into a folder. Every mail program opens such files.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use super::{attempt::SendError, message::Outgoing};
use crate::request_context;

/// Writes the file. A slow disk must not block other tasks of the thread.
pub(super) async fn send(folder: &Path, mail: Outgoing) -> Result<(), SendError> {
    let path = folder.to_owned();
    let writing = request_context::held(move || write(&path, &mail));
    let written = tokio::task::spawn_blocking(writing).await.map_err(io::Error::other).flatten();
    written.map_err(|error| SendError::Stopped(format!("cannot write into {}: {error}", folder.display()).into()))
}

/// Atomic. A second delivery of the same mail replaces the same file.
fn write(folder: &Path, mail: &Outgoing) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let part = folder.join(format!("{}.part", mail.id));
    let _ = fs::remove_file(&part); // left by a process that was killed
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    file.write_all(&mail.bytes)?;
    file.sync_all()?;
    fs::rename(part, folder.join(format!("{}.eml", mail.id)))
}
