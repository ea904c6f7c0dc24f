//! Rotating and removing signing keys.

use std::sync::Arc;

use entity::{UnixMillis, signing_key::Model};

use crate::{
    audit::{Event, Record},
    authorization::Operator,
    db::{Scope, Unavailable},
    signing_keys::{Rotation, SigningKeysError, Stage, staged, store},
    state::{AppState, Tx},
};

/// An operator adds no key if there are so many: every verifier reads them all.
pub const MAX_KEYS: usize = 16;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ChangeKeyError {
    /// No key has this id.
    #[error("no key has this id")]
    NotFound,
    /// The key signs: an older key, which may be the stolen one, would sign in its place.
    #[error("the key signs now")]
    Signs,
    /// There are too many keys.
    #[error("there are {MAX_KEYS} keys; retire one first")]
    TooMany,
    /// Another process stored a key at the same time.
    #[error("another key was published at the same time")]
    Overtaken,
    /// The operator's session ended, the operator lost the role, or the key was revoked.
    #[error("the operator may not do this any more")]
    NotAllowedAnyMore,
    /// The keys cannot be read, or the next one cannot be made.
    #[error(transparent)]
    Keys(#[from] SigningKeysError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Makes the next key, of the newest one's algorithm: the command of an operator may have another configuration than the nodes.
pub async fn rotate_key(state: &Arc<AppState>, by: &Operator, signs_from: UnixMillis) -> Result<Rotation, ChangeKeyError> {
    loop {
        let (row, rotation) = state.keyring().prepare_next(signs_from).await?;
        let published = state.write_or_refuse(Scope::Transaction, (by.clone(), row), |tx, (by, row)| {
            Box::pin(async move { refusable(publish(tx, by, row).await) })
        });
        match published.await? {
            Err(ChangeKeyError::Overtaken) => {}
            published => return published.map(|()| rotation),
        }
    }
}

async fn publish(tx: &Tx, by: &Operator, row: &Model) -> Result<(), ChangeKeyError> {
    if !by.is_still_allowed(tx).await? {
        return Err(ChangeKeyError::NotAllowedAnyMore);
    }
    if store::read(tx.connection()).await?.len() >= MAX_KEYS {
        return Err(ChangeKeyError::TooMany);
    }
    if !store::add(tx.connection(), vec![row.clone()]).await? {
        return Err(ChangeKeyError::Overtaken);
    }
    tx.record(Event::SigningKeyPublished.because("operator").about(row.id.clone()));
    Ok(())
}

/// Removes a key that does not sign: its tokens are void as soon as the nodes read the keys.
pub async fn retire_key(state: &Arc<AppState>, by: Operator, id: &str) -> Result<(), ChangeKeyError> {
    let input = (by, id.to_owned(), state.clock.now());
    let retired = state.write_or_refuse(Scope::Transaction, input, |tx, (by, id, now)| {
        Box::pin(async move { refusable(retire(tx, by, id, *now).await) })
    });
    retired.await?
}

async fn retire(tx: &Tx, by: &Operator, id: &str, now: UnixMillis) -> Result<(), ChangeKeyError> {
    if !by.is_still_allowed(tx).await? {
        return Err(ChangeKeyError::NotAllowedAnyMore);
    }
    let keys = staged(store::read(tx.connection()).await?, now);
    let (key, stage) = keys.into_iter().find(|(key, _)| key.id == id).ok_or(ChangeKeyError::NotFound)?;
    if stage == Stage::Signing {
        return Err(ChangeKeyError::Signs);
    }
    if store::remove(tx.connection(), vec![key.number]).await? == 0 {
        return Err(ChangeKeyError::NotFound);
    }
    tx.record(Record::from(Event::SigningKeyRemoved).about(key.id));
    Ok(())
}

/// Separates a refusal from a database that does not answer, as [`AppState::write_or_refuse`] needs it.
fn refusable<T>(done: Result<T, ChangeKeyError>) -> Result<Result<T, ChangeKeyError>, Unavailable> {
    match done {
        Err(ChangeKeyError::Store(error)) => Err(error),
        done => Ok(done),
    }
}
