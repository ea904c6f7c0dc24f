//! Delivers each mail as one `.eml` file into a folder. Every mail program opens such files.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use entity::mail;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::sync::Notify;

use super::store;
use crate::db::{Db, Unavailable};

/// The delay between a failed delivery and the next one.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// The folder into which mail is delivered.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
    filled: Notify,
}

/// Why a mail is not delivered yet.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The folder cannot be written to.
    #[error("cannot write mail into the outbox: {0}")]
    Folder(#[from] io::Error),
}

impl Outbox {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, filled: Notify::new() }
    }

    /// Wakes `deliver` after a transaction stored a mail.
    pub(crate) fn notify(&self) {
        self.filled.notify_one();
    }

    /// Delivers all stored mail, then waits for more. Does not return.
    pub async fn deliver(&self, db: &Db) {
        loop {
            match self.deliver_waiting(db).await {
                Ok(()) => self.filled.notified().await,
                Err(error) => {
                    tracing::error!(%error, "mail was not delivered; the service tries again");
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
        }
    }

    async fn deliver_waiting(&self, db: &Db) -> Result<(), DeliveryError> {
        while let Some(mail) = store::oldest(db.connection()).await? {
            let (folder, id) = (self.folder.clone(), mail.id);
            // A slow disk must not block other tasks of this thread.
            tokio::task::spawn_blocking(move || write(&folder, &mail)).await.map_err(io::Error::other)??;
            store::remove(db.connection(), id).await?;
        }
        Ok(())
    }
}

/// Atomic. A second delivery of the same mail replaces the same file.
fn write(folder: &Path, mail: &mail::Model) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let part = folder.join(format!("{}.part", mail.id.0));
    let _ = fs::remove_file(&part); // left by a process that was killed
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    io::Write::write_all(&mut file, message(mail).as_bytes())?;
    file.sync_all()?;
    fs::rename(part, folder.join(format!("{}.eml", mail.id.0)))
}

/// RFC 5322, with UTF-8 headers (RFC 6532): the address stays as the user typed it. An `EmailAddress` contains no line break.
fn message(mail: &mail::Model) -> String {
    let date = OffsetDateTime::from_unix_timestamp(mail.created_at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let date = date.format(&Rfc2822).unwrap_or_default();
    let (id, to, subject) = (mail.id.0, &mail.recipient, &mail.subject);
    let head = format!("Date: {date}\nMessage-ID: <{id}@bifrons>\nTo: {to}\nSubject: {subject}\n");
    let head = format!("{head}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n");
    format!("{head}\n{}", mail.body).replace('\n', "\r\n")
}
