//! A key as a row holds it: sealed for its id, so that a row that is copied over another one does not open.

use entity::{UnixMillis, signing_key::Model};
use zeroize::Zeroizing;

use super::error::SigningKeysError;
use crate::secret::{Algorithm, ServerSecrets, SigningKey};

/// What the private keys are sealed for.
const PURPOSE: &str = "signing key";

/// A key and its private form, PKCS#8 PEM.
pub(super) type Pair = (SigningKey, Zeroizing<String>);

pub(super) fn seal(
    secrets: &ServerSecrets,
    number: i32,
    (key, pem): &Pair,
    signs_from: UnixMillis,
) -> Result<Model, SigningKeysError> {
    let private = secrets.seal(PURPOSE, key.id.as_bytes(), pem.as_bytes()).ok_or(SigningKeysError::Generate)?;
    let (id, algorithm) = (key.id.clone(), key.algorithm.name().to_owned());
    Ok(Model { number, id, algorithm, private, signs_from })
}

pub(super) fn open(secrets: &ServerSecrets, row: &Model) -> Result<SigningKey, SigningKeysError> {
    let pem = secrets.unseal(PURPOSE, row.id.as_bytes(), &row.private);
    let pem = pem.ok_or_else(|| SigningKeysError::Sealed(row.id.clone()))?;
    let pem = std::str::from_utf8(&pem).ok();
    let key = Algorithm::named(&row.algorithm).zip(pem).and_then(|(algorithm, pem)| SigningKey::from_pem(algorithm, pem));
    key.filter(|key| key.id == row.id).ok_or_else(|| SigningKeysError::Unknown(row.id.clone()))
}

/// The same key under the newest secret; `None` if that is the case already.
pub(super) fn reseal(secrets: &ServerSecrets, row: &Model) -> Result<Option<Vec<u8>>, SigningKeysError> {
    if secrets.is_sealed_by_newest(&row.private) {
        return Ok(None);
    }
    let pem = secrets.unseal(PURPOSE, row.id.as_bytes(), &row.private);
    let private = pem.and_then(|pem| secrets.seal(PURPOSE, row.id.as_bytes(), &pem));
    private.map(Some).ok_or_else(|| SigningKeysError::Sealed(row.id.clone()))
}
