//! Why the keys cannot be used.

use crate::{db::Unavailable, secret::KeyError};

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeysError {
    #[error(
        "the signing key {0} is sealed under a secret that tokens.secrets (or bifrons.key) lacks. Add that secret and run \
         `bifrons secrets reseal`, or run `bifrons deployment reset` if it is lost"
    )]
    Sealed(String),
    #[error("the signing key {0} cannot be read; it may be of a newer version")]
    Unknown(String),
    #[error("cannot generate a signing key")]
    Generate,
    #[error(transparent)]
    File(#[from] KeyError),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
