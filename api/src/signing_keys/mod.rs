//! The keys that sign access tokens. They are in the database, sealed under the server secret, so that every node has the same.
//!
//! Every node reads them every ten seconds. A new key is published long before it signs: no verifier meets a token of a key that it does
//! not know. `life.rs` has the times.

mod change;
mod error;
mod key_set;
mod life;
mod sealed;
pub(crate) mod store;

use std::{path::PathBuf, sync::Arc};

pub use change::{ImportError, Keyring, Rotation};
use entity::{UnixMillis, signing_key};
pub use error::SigningKeysError;
pub use key_set::KeySet;
pub use life::{JWKS_MAX_AGE, PUBLISHED_FOR, RETIRED_FOR, Stage};
pub(crate) use life::{READ_BY_ALL_AFTER, READ_EVERY, staged};

use crate::{
    db::{Db, Unavailable},
    secret::{Algorithm, ServerSecrets, SigningKey},
    sync::{Mutex, lock},
};

/// The keys of the database as this process last read them.
#[derive(Debug)]
pub struct SigningKeys(Mutex<Arc<KeySet>>);

impl SigningKeys {
    /// Reads the keys. If there are none, imports those that a former version left in the data folder, of which the one with the id `former`
    /// must be there, or makes the first one. If the newest is of another algorithm, makes the next one.
    pub(crate) async fn open(
        ring: Keyring<'_>,
        algorithm: Algorithm,
        files: &[PathBuf],
        former: Option<&str>,
        now: UnixMillis,
    ) -> Result<Self, SigningKeysError> {
        loop {
            let set = KeySet::read(ring.db, ring.secrets).await?;
            let is_added = match set.newest_algorithm() {
                Some(newest) if newest == algorithm => return Ok(Self(Mutex::new(Arc::new(set)))),
                Some(_) => ring.change_algorithm(algorithm, now).await,
                None => ring.add_first(algorithm, files, former, now).await,
            };
            is_added?;
        }
    }

    /// A key that no other process has, for a command: it signs nothing.
    pub(crate) fn in_memory(algorithm: Algorithm, now: UnixMillis) -> Option<Self> {
        let key = SigningKey::from_pem(algorithm, &SigningKey::generate(algorithm)?)?;
        Some(Self(Mutex::new(Arc::new(KeySet::of(key, now)))))
    }

    /// The same for a testbed. No node accepts its tokens: the `kid` is no thumbprint, as that of every key of a database is.
    #[cfg(feature = "testbed")]
    pub(crate) fn of_testbed(algorithm: Algorithm, now: UnixMillis) -> Option<Self> {
        let keys = Self::in_memory(algorithm, now)?;
        keys.renew_testbed(algorithm, now);
        Some(keys)
    }

    /// Gives a testbed another key: the tokens from before a reset name sessions whose ids are counted anew.
    #[cfg(feature = "testbed")]
    pub fn renew_testbed(&self, algorithm: Algorithm, now: UnixMillis) {
        let key = SigningKey::generate(algorithm).and_then(|pem| SigningKey::from_pem(algorithm, &pem));
        if let Some(mut key) = key {
            key.id.insert_str(0, "testbed-");
            *lock(&self.0) = Arc::new(KeySet::of(key, now));
        }
    }

    /// The keys of this moment.
    pub fn current(&self) -> Arc<KeySet> {
        Arc::clone(&lock(&self.0))
    }

    /// Reads the keys again, and returns whether one of them is gone.
    pub(crate) async fn reload(&self, db: &Db, secrets: &ServerSecrets) -> Result<bool, SigningKeysError> {
        let (before, read) = (self.current(), KeySet::read(db, secrets).await?);
        if read.is_empty() {
            // `bifrons deployment reset` ran beside this node: it goes on until it is stopped.
            return Ok(false);
        }
        let is_gone = !before.is_within(&read);
        *lock(&self.0) = Arc::new(read);
        Ok(is_gone)
    }
}

/// A key as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its `kid`.
    pub id: String,
    /// `EdDSA` or `ES256`.
    pub algorithm: String,
    /// Since when it signs.
    pub signs_from: UnixMillis,
    /// Where it is in its life.
    pub stage: Stage,
}

/// Whether a node with these secrets can use all keys.
pub async fn check(db: &Db, secrets: &ServerSecrets) -> Result<(), SigningKeysError> {
    KeySet::read(db, secrets).await.map(drop)
}

/// All keys, oldest first. Needs no secret.
pub async fn list(db: &Db, now: UnixMillis) -> Result<Vec<Listed>, Unavailable> {
    let staged = staged(store::read(db.connection()).await?, now);
    let listed = |(row, stage): (signing_key::Model, Stage)| {
        let signing_key::Model { id, algorithm, signs_from, .. } = row;
        Listed { id, algorithm, signs_from, stage }
    };
    Ok(staged.into_iter().map(listed).collect())
}
