//! Argon2 hashes as PHC strings: made with the current parameters, verified with those that they name.

use argon2::{Algorithm, Argon2, Params, Version, password_hash::phc};
use entity::PasswordHash;

use super::{
    cost::{MAX_MEMORY, MAX_WORK},
    error::HashingError,
    memory::Memory,
};
use crate::{random, secret::Password};

/// A new hash with a fresh salt.
pub(super) fn hash(memory: &mut Memory, argon2: &Argon2<'_>, password: &Password) -> Result<PasswordHash, HashingError> {
    let salt = random::bytes::<16>();
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    let phc = Some(memory.hash(argon2, password.bytes(), &salt, &mut out)?).and_then(|()| {
        Some(phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: argon2.params().try_into().ok()?,
            salt: Some(phc::Salt::new(&salt).ok()?),
            hash: Some(phc::Output::new(&out).ok()?),
        })
    });
    phc.map(|phc| PasswordHash(phc.to_string())).ok_or(HashingError::Failed)
}

/// Whether an Argon2 hash of any parameters belongs to this password. A value that is no such hash belongs to none.
pub(super) fn is_of(memory: &mut Memory, password: &Password, stored: &PasswordHash) -> Result<bool, HashingError> {
    let Ok(stored) = phc::PasswordHash::new(&stored.0) else { return Ok(false) };
    let (Some(argon2), Some(salt), Some(expected)) = (maker(&stored), stored.salt, stored.hash) else { return Ok(false) };
    let mut out = vec![0; expected.len()];
    memory.hash(&argon2, password.bytes(), &salt, &mut out)?;
    // Compared in constant time.
    Ok(phc::Output::new(&out).is_ok_and(|out| out == expected))
}

/// The algorithm, version and parameters that a hash names.
fn maker(stored: &phc::PasswordHash) -> Option<Argon2<'static>> {
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = stored.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?;
    Some(Argon2::new(algorithm, version, Params::try_from(stored).ok()?))
}

/// Whether a stored hash names these parameters.
pub(super) fn made_with(argon2: &Argon2<'_>, stored: &PasswordHash) -> bool {
    stored.0.starts_with(&prefix(argon2))
}

/// What all hashes with these parameters begin with.
pub(super) fn prefix(argon2: &Argon2<'_>) -> String {
    let params = argon2.params();
    format!("$argon2id$v=19$m={},t={},p={}$", params.m_cost(), params.t_cost(), params.p_cost())
}

/// The most lanes of a hash: they are filled one after the other.
const MAX_LANES: u32 = 64;

/// Whether a stored hash is a complete Argon2 hash within the bounds of an import.
pub(super) fn is_importable(stored: &str) -> bool {
    is_within_bounds(stored)
        && params(stored).is_some_and(|params| {
            let kib = u64::from(params.m_cost());
            kib <= MAX_MEMORY / 1024 && kib * u64::from(params.t_cost()) <= MAX_WORK / 1024
        })
}

/// Whether a stored hash is a complete Argon2 hash that may be verified. Memory and passes of our own hashes are those of the
/// configuration, now or earlier.
pub(super) fn is_within_bounds(stored: &str) -> bool {
    params(stored).is_some_and(|params| params.p_cost() <= MAX_LANES)
}

fn params(stored: &str) -> Option<Params> {
    let stored = phc::PasswordHash::new(stored).ok()?;
    let maker = maker(&stored).filter(|_| stored.hash.is_some() && stored.salt.is_some());
    maker.map(|argon2| argon2.params().clone())
}
