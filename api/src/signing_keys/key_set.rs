//! The keys of one moment.

use entity::{UnixMillis, signing_key};
use serde_json::{Value, json};

use super::{error::SigningKeysError, sealed, store};
use crate::{
    db::Db,
    secret::{Algorithm, ServerSecrets, SigningKey},
};

/// All keys whose tokens are valid. One of them signs.
#[derive(Debug, Default)]
pub struct KeySet {
    /// In the order of their numbers.
    keys: Vec<Published>,
}

#[derive(Debug)]
struct Published {
    signs_from: UnixMillis,
    key: SigningKey,
}

impl KeySet {
    /// One key, which signs.
    pub(super) fn of(key: SigningKey, signs_from: UnixMillis) -> Self {
        Self { keys: vec![Published { signs_from, key }] }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The algorithm of the newest key.
    pub(super) fn newest_algorithm(&self) -> Option<Algorithm> {
        self.keys.last().map(|newest| newest.key.algorithm)
    }

    /// Whether all keys are in the other set too.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.keys.iter().all(|key| other.find(&key.key.id).is_some())
    }

    pub(super) async fn read(db: &Db, secrets: &ServerSecrets) -> Result<Self, SigningKeysError> {
        let rows = store::read(db.connection()).await?;
        let open = |row: signing_key::Model| Ok(Published { signs_from: row.signs_from, key: sealed::open(secrets, &row)? });
        Ok(Self { keys: rows.into_iter().map(open).collect::<Result<_, SigningKeysError>>()? })
    }

    /// The key that signs, and since when. There always is one: `SigningKeys::open` makes it.
    pub fn signing(&self, now: UnixMillis) -> Option<(&SigningKey, UnixMillis)> {
        let signing = self.keys.iter().rfind(|key| key.signs_from <= now).or_else(|| self.keys.first())?;
        Some((&signing.key, signing.signs_from))
    }

    /// The key with the `kid` of a token. The algorithm is the key's, never the token's (RFC 8725 section 3.1).
    pub fn find(&self, id: &str) -> Option<&SigningKey> {
        self.keys.iter().map(|key| &key.key).find(|key| key.id == id)
    }

    /// The public keys as a JWK Set (RFC 7517 section 5).
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.keys.iter().map(|key| key.key.public_jwk()).collect::<Vec<_>>() })
    }
}
