//! What changes the keys: the first start, rotation, import, retirement, another server secret.

use std::{io::ErrorKind, path::PathBuf, time::Duration};

use super::{
    error::SigningKeysError,
    life::{PUBLISHED_FOR, Stage, is_reachable, staged},
    sealed::{self, Pair},
    store,
};
use crate::{
    audit::{Event, Record, Trail},
    db::{Db, Transaction, Unavailable},
    secret::{Algorithm, KeyError, ServerSecrets, SigningKey, canonical_pem, read_key_file},
};
use entity::{UnixMillis, signing_key};

/// What a change of the keys needs.
#[derive(Clone, Copy, Debug)]
pub struct Keyring<'a> {
    pub db: &'a Db,
    pub secrets: &'a ServerSecrets,
    pub audit: &'a Trail,
}

/// A key that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Its `kid`.
    pub id: String,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// Since when it signs.
    pub signs_from: UnixMillis,
}

/// Why a key was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The text is no key.
    #[error("is not a private key for EdDSA (Ed25519) or ES256 (P-256) in PKCS#8 PEM")]
    Content,
    /// The nodes want keys of another algorithm.
    #[error(
        "is a key for {}, and the nodes want {}: the next one that starts would replace it. Set tokens.algorithm first, and restart \
         the nodes", .0.name(), .1
    )]
    Algorithm(Algorithm, String),
    /// The key is there already.
    #[error("is among the keys already, as {0}")]
    Present(String),
    /// The keys cannot be read or stored.
    #[error(transparent)]
    Keys(#[from] SigningKeysError),
}

impl Keyring<'_> {
    /// The next key, of the newest one's algorithm and not stored yet.
    pub(crate) async fn prepare_next(&self, signs_from: UnixMillis) -> Result<(signing_key::Model, Rotation), SigningKeysError> {
        let rows = store::read(self.db.connection()).await?;
        let newest = rows.last().ok_or(SigningKeysError::Missing)?;
        let next = generate(algorithm_of(newest)?)?;
        let row = sealed::seal(self.secrets, newest.number + 1, &next, signs_from)?;
        Ok((row, Rotation { id: next.0.id, algorithm: next.0.algorithm, signs_from }))
    }

    /// Makes the next key if the newest is of another algorithm. Of several nodes one succeeds.
    pub(super) async fn change_algorithm(&self, algorithm: Algorithm, now: UnixMillis) -> Result<(), SigningKeysError> {
        let rows = store::read(self.db.connection()).await?;
        if let Some(newest) = rows.last().filter(|newest| newest.algorithm != algorithm.name()) {
            self.publish(newest.number + 1, &generate(algorithm)?, now.plus(PUBLISHED_FOR), "algorithm").await?;
        }
        Ok(())
    }

    /// Makes the next key of the newest one's algorithm if it is time, and returns it. Of several nodes one succeeds.
    pub(crate) async fn rotate_when_due(&self, every: Duration, now: UnixMillis) -> Result<Option<Rotation>, SigningKeysError> {
        let rows = store::read(self.db.connection()).await?;
        let Some(number) = rows.last().map(|last| last.number + 1) else { return Ok(None) };
        // A key of a clock that was wrong may sign in years. Until then the keys before it rotate.
        let Some(newest) = rows.iter().rfind(|row| is_reachable(row.signs_from, now)) else { return Ok(None) };
        let due = newest.signs_from.plus(every);
        if now.plus(PUBLISHED_FOR) < due {
            return Ok(None);
        }
        self.publish(number, &generate(algorithm_of(newest)?)?, due.max(now.plus(PUBLISHED_FOR)), "due").await
    }

    /// Adds a key of the nodes' algorithm that an operator brings. It signs after every verifier has learned of it.
    pub async fn import(&self, pem: &str, now: UnixMillis) -> Result<Rotation, ImportError> {
        let pair = parse(pem).ok_or(ImportError::Content)?;
        loop {
            let rows = store::read(self.db.connection()).await.map_err(SigningKeysError::from)?;
            if rows.iter().any(|row| row.id == pair.0.id) {
                return Err(ImportError::Present(pair.0.id));
            }
            let newest = rows.last().ok_or(SigningKeysError::Missing)?;
            if newest.algorithm != pair.0.algorithm.name() {
                return Err(ImportError::Algorithm(pair.0.algorithm, newest.algorithm.clone()));
            }
            if let Some(rotation) = self.publish(newest.number + 1, &pair, now.plus(PUBLISHED_FOR), "imported").await? {
                return Ok(rotation);
            }
        }
    }

    /// Removes the keys of which no token can be valid any more.
    pub(crate) async fn remove_gone(&self, now: UnixMillis) -> Result<(), Unavailable> {
        let rows = store::read(self.db.connection()).await?;
        let is_gone = |stage| matches!(stage, Stage::Retired(until) if until <= now);
        let gone: Vec<_> = staged(rows, now).into_iter().filter(|(_, stage)| is_gone(*stage)).map(|(row, _)| row.number).collect();
        if !gone.is_empty() {
            store::remove(self.db.connection(), gone).await?;
        }
        Ok(())
    }

    /// Seals all keys under the newest secret, and returns how many were not.
    pub(crate) async fn reseal(&self) -> Result<u64, SigningKeysError> {
        let mut resealed = 0;
        let rows = store::read(self.db.connection()).await?;
        for row in rows {
            if let Some(private) = sealed::reseal(self.secrets, &row)? {
                resealed += u64::from(store::reseal(self.db.connection(), &row, private).await?);
            }
        }
        Ok(resealed)
    }

    /// The first key signs at once: no token of another key exists. Former versions kept one file for each algorithm.
    /// `former` is the id of the one that their nodes sign with.
    pub(super) async fn add_first(
        &self,
        algorithm: Algorithm,
        files: &[PathBuf],
        former: Option<&str>,
        now: UnixMillis,
    ) -> Result<(), SigningKeysError> {
        let mut pairs = Vec::new();
        for path in files {
            let pem = match read_key_file(path) {
                // A file that is there and cannot be read is no reason to make another key: the nodes of the former version sign with it.
                Err(KeyError::File(_, error)) if error.kind() == ErrorKind::NotFound => continue,
                read => read?,
            };
            pairs.push(parse(&pem).ok_or_else(|| KeyError::Content(path.clone(), "a private key in PKCS#8 PEM"))?);
        }
        if let Some(missing) = former.filter(|id| pairs.iter().all(|(key, _)| key.id != *id)) {
            return Err(SigningKeysError::Former(missing.to_owned()));
        }
        if pairs.is_empty() {
            pairs.push(generate(algorithm)?);
        } else {
            tracing::info!("the signing keys in the data folder are in the database now; their files are no longer read");
        }
        // The newest signs.
        pairs.sort_by_key(|(key, _)| key.algorithm == algorithm);
        let rows = (1..).zip(&pairs).map(|(number, pair)| sealed::seal(self.secrets, number, pair, now));
        // If another node was faster, its keys count.
        store::add(self.db.connection(), rows.collect::<Result<_, _>>()?).await?;
        Ok(())
    }

    /// Commits a change of the keys with its event in the audit trail, both or neither; false if it changed nothing.
    async fn commit(&self, tx: Transaction, is_changed: bool, record: Record) -> Result<bool, Unavailable> {
        if !is_changed {
            tx.rollback().await?;
            return Ok(false);
        }
        self.audit.commit(tx, vec![record]).await.map(|()| true)
    }

    /// Stores a key with this number; `None` if another process stored one.
    async fn publish(
        &self,
        number: i32,
        pair: &Pair,
        signs_from: UnixMillis,
        because: &'static str,
    ) -> Result<Option<Rotation>, SigningKeysError> {
        let row = sealed::seal(self.secrets, number, pair, signs_from)?;
        let publication = async || {
            let tx = self.db.begin().await?;
            let is_added = store::add(&tx, vec![row.clone()]).await?;
            self.commit(tx, is_added, Event::SigningKeyPublished.because(because).about(row.id.clone())).await
        };
        let is_published = self.db.retry(publication).await?;
        Ok(is_published.then(|| Rotation { id: pair.0.id.clone(), algorithm: pair.0.algorithm, signs_from }))
    }
}

fn algorithm_of(row: &signing_key::Model) -> Result<Algorithm, SigningKeysError> {
    Algorithm::named(&row.algorithm).ok_or_else(|| SigningKeysError::Unknown(row.id.clone()))
}

fn generate(algorithm: Algorithm) -> Result<Pair, SigningKeysError> {
    let pem = SigningKey::generate(algorithm).ok_or(SigningKeysError::Generate)?;
    let key = SigningKey::from_pem(algorithm, &pem).ok_or(SigningKeysError::Generate)?;
    Ok((key, pem))
}

/// A key of whichever algorithm the text is for. What else the text contains is not stored.
fn parse(pem: &str) -> Option<Pair> {
    let pem = canonical_pem(pem)?;
    let key = Algorithm::ALL.into_iter().find_map(|algorithm| SigningKey::from_pem(algorithm, &pem))?;
    Some((key, pem))
}
