//! What changes the keys: the first start, rotation, import, retirement, another server secret.

use std::{path::PathBuf, time::Duration};

use entity::UnixMillis;
use zeroize::Zeroizing;

use super::{
    error::SigningKeysError,
    life::{PUBLISHED_FOR, Stage, stages},
    sealed::{self, Pair},
    store,
};
use crate::{
    audit::Event,
    db::{Db, Unavailable},
    metrics::Metrics,
    secret::{Algorithm, KeyError, ServerSecrets, SigningKey, read_key_file},
};

/// What a change of the keys needs.
#[derive(Clone, Copy, Debug)]
pub struct Keyring<'a> {
    pub db: &'a Db,
    pub secrets: &'a ServerSecrets,
    pub metrics: &'a Metrics,
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
    /// The key is there already.
    #[error("is among the keys already, as {0}")]
    Present(String),
    /// The keys cannot be read or stored.
    #[error(transparent)]
    Keys(#[from] SigningKeysError),
}

impl Keyring<'_> {
    /// Makes the next key, and counts why.
    pub async fn rotate(
        &self,
        algorithm: Algorithm,
        signs_from: UnixMillis,
        because: &'static str,
    ) -> Result<Rotation, SigningKeysError> {
        let pair = generate(algorithm)?;
        loop {
            let next = 1 + store::read(self.db.connection()).await?.last().map_or(0, |newest| newest.number);
            if let Some(rotation) = self.publish(next, &pair, signs_from, because).await? {
                return Ok(rotation);
            }
        }
    }

    /// Makes the next key of the newest one's algorithm if it is time, and returns it. Of several nodes one succeeds.
    pub(crate) async fn rotate_when_due(&self, every: Duration, now: UnixMillis) -> Result<Option<Rotation>, SigningKeysError> {
        let rows = store::read(self.db.connection()).await?;
        let Some(newest) = rows.last() else { return Ok(None) };
        let due = newest.signs_from.plus(every);
        if now.plus(PUBLISHED_FOR) < due {
            return Ok(None);
        }
        let algorithm = Algorithm::named(&newest.algorithm).ok_or_else(|| SigningKeysError::Unknown(newest.id.clone()))?;
        self.publish(newest.number + 1, &generate(algorithm)?, due.max(now.plus(PUBLISHED_FOR)), "due").await
    }

    /// Adds a key that an operator brings. It signs after every verifier has learned of it.
    pub async fn import(&self, pem: &str, now: UnixMillis) -> Result<Rotation, ImportError> {
        let pair = parse(pem).ok_or(ImportError::Content)?;
        loop {
            let rows = store::read(self.db.connection()).await.map_err(SigningKeysError::from)?;
            if rows.iter().any(|row| row.id == pair.0.id) {
                return Err(ImportError::Present(pair.0.id));
            }
            let next = 1 + rows.last().map_or(0, |newest| newest.number);
            if let Some(rotation) = self.publish(next, &pair, now.plus(PUBLISHED_FOR), "imported").await? {
                return Ok(rotation);
            }
        }
    }

    /// Removes a key: its tokens are void as soon as the nodes read the keys. `None` if there is no such key, and `Some(false)` if it is
    /// the only one that can sign now.
    pub async fn retire(&self, id: &str, now: UnixMillis) -> Result<Option<bool>, Unavailable> {
        let rows = store::read(self.db.connection()).await?;
        let Some(row) = rows.iter().find(|row| row.id == id) else { return Ok(None) };
        if !rows.iter().any(|other| other.id != id && other.signs_from <= now) {
            return Ok(Some(false));
        }
        if store::remove(self.db.connection(), vec![row.number]).await? > 0 {
            self.metrics.record(Event::SigningKeyRemoved);
        }
        Ok(Some(true))
    }

    /// Removes the keys of which no token can be valid any more.
    pub(crate) async fn remove_gone(&self, now: UnixMillis) -> Result<(), Unavailable> {
        let rows = store::read(self.db.connection()).await?;
        let signs_from: Vec<_> = rows.iter().map(|row| row.signs_from).collect();
        let is_gone = |stage| matches!(stage, Stage::Retired(until) if until <= now);
        let gone = rows.iter().zip(stages(&signs_from, now)).filter(|(_, stage)| is_gone(*stage)).map(|(row, _)| row.number);
        let gone: Vec<_> = gone.collect();
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
    pub(super) async fn add_first(&self, algorithm: Algorithm, files: &[PathBuf], now: UnixMillis) -> Result<(), SigningKeysError> {
        let mut pairs = Vec::new();
        for path in files.iter().filter(|path| path.exists()) {
            let pair = parse(&read_key_file(path)?);
            pairs.push(pair.ok_or_else(|| KeyError::Content(path.clone(), "a private key in PKCS#8 PEM"))?);
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

    /// Stores a key with this number; `None` if another process stored one.
    async fn publish(
        &self,
        number: i32,
        pair: &Pair,
        signs_from: UnixMillis,
        because: &'static str,
    ) -> Result<Option<Rotation>, SigningKeysError> {
        if !store::add(self.db.connection(), vec![sealed::seal(self.secrets, number, pair, signs_from)?]).await? {
            return Ok(None);
        }
        self.metrics.record(Event::SigningKeyPublished.because(because));
        Ok(Some(Rotation { id: pair.0.id.clone(), algorithm: pair.0.algorithm, signs_from }))
    }
}

fn generate(algorithm: Algorithm) -> Result<Pair, SigningKeysError> {
    let pem = SigningKey::generate(algorithm).ok_or(SigningKeysError::Generate)?;
    let key = SigningKey::from_pem(algorithm, &pem).ok_or(SigningKeysError::Generate)?;
    Ok((key, pem))
}

/// A key of whichever algorithm the text is for.
fn parse(pem: &str) -> Option<Pair> {
    let key = Algorithm::ALL.into_iter().find_map(|algorithm| SigningKey::from_pem(algorithm, pem))?;
    Some((key, Zeroizing::new(pem.to_owned())))
}
