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
    #[error(
        "the nodes of the former version sign with the key {0}, which is in no jwt-*.pem in data_dir of this node. Start a node \
         first that has the file, or stop all nodes and run `bifrons deployment reset` if it is lost"
    )]
    Former(String),
    #[error("there are no signing keys yet: the first node that starts makes one")]
    Missing,
    #[error("cannot generate a signing key")]
    Generate,
    #[error(transparent)]
    File(#[from] KeyError),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
