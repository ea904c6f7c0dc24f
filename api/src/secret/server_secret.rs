//! The server secrets, from which refresh tokens and other keys are derived. Created at the first start, or set by configuration.

use std::{fmt, path::Path};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::Seed;
use zeroize::Zeroizing;

use super::key_file::{KeyError, read_or_create};
use crate::random;

/// 32 random bytes, written in base64url.
#[derive(Clone)]
pub struct ServerSecret(Zeroizing<[u8; 32]>);

impl ServerSecret {
    /// Parses a secret from the configuration.
    pub fn parse(written: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(written).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(…)")
    }
}

/// The server secrets: the first one issues refresh tokens, all verify them. A stolen database without them yields no valid token.
#[derive(Clone, Debug)]
pub struct ServerSecrets(Vec<ServerSecret>);

impl ServerSecrets {
    /// A new secret.
    pub fn generate() -> Self {
        Self(vec![ServerSecret(Zeroizing::new(random::bytes()))])
    }

    /// Secrets, newest first; `None` if the list is empty.
    pub fn new(secrets: Vec<ServerSecret>) -> Option<Self> {
        (!secrets.is_empty()).then_some(Self(secrets))
    }

    /// Reads secrets from a file, one per line. Creates the file if it does not exist.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let written = read_or_create(path, || Zeroizing::new(URL_SAFE_NO_PAD.encode(random::bytes::<32>()) + "\n"))?;
        let secrets = written.lines().map(str::trim).filter(|line| !line.is_empty()).map(ServerSecret::parse);
        let secrets = secrets.collect::<Option<_>>().and_then(Self::new);
        secrets.ok_or_else(|| KeyError::Content(path.to_owned(), "server secrets: one per line, 32 bytes in base64url"))
    }

    /// A public value that tells secrets apart, for each secret, newest first.
    pub fn fingerprints(&self) -> Vec<String> {
        let short = |key: &hmac::Key| URL_SAFE_NO_PAD.encode(&hmac::sign(key, b"").as_ref()[..8]);
        self.keys_for("fingerprint").iter().map(short).collect()
    }

    /// A key derived from the newest secret for one purpose.
    pub fn key_for(&self, purpose: &str) -> hmac::Key {
        let newest = self.keys_for(purpose).into_iter().next();
        // `new` and `generate` guarantee a first secret.
        newest.unwrap_or_else(|| hmac::Key::new(hmac::HMAC_SHA256, &[]))
    }

    /// The same for each secret, newest first.
    pub fn keys_for(&self, purpose: &str) -> Vec<hmac::Key> {
        let derive = |secret: &ServerSecret| {
            let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.0.as_slice()), purpose.as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
        };
        self.0.iter().map(derive).collect()
    }

    pub(super) fn mac(&self, seed: &Seed, claim: &[u8]) -> [u8; 32] {
        let mut mac = [0; 32];
        // `new` and `generate` guarantee a first secret.
        if let Some(newest) = self.0.first() {
            mac.copy_from_slice(hmac::sign(&session_key(newest, seed), claim).as_ref());
        }
        mac
    }

    pub(super) fn verify_mac(&self, seed: &Seed, claim: &[u8], mac: &[u8]) -> bool {
        self.0.iter().any(|secret| hmac::verify(&session_key(secret, seed), claim, mac).is_ok())
    }
}

fn session_key(secret: &ServerSecret, seed: &Seed) -> hmac::Key {
    let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.0.as_slice()), &seed.0);
    hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::ServerSecrets;
    use crate::secret::KeyError;

    #[test]
    fn files_are_created_once_with_mode_0600() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bifrons.key");
        ServerSecrets::load_or_create(&path).unwrap();
        let made = fs::read_to_string(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        ServerSecrets::load_or_create(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), made);

        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
    }

    #[test]
    fn fingerprints_tell_secrets_apart_and_reveal_none() {
        let (one, other) = (ServerSecrets::generate(), ServerSecrets::generate());
        let both = ServerSecrets([one.0.clone(), other.0.clone()].concat());
        assert_eq!(both.fingerprints(), [one.fingerprints(), other.fingerprints()].concat());
        assert_ne!(one.fingerprints(), other.fingerprints());
        assert_eq!(one.fingerprints()[0].len(), 11, "64 bits");
    }

    #[test]
    fn a_start_that_was_killed_does_not_block_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bifrons.key");
        fs::write(path.with_extension("part"), "half").unwrap();
        ServerSecrets::load_or_create(&path).unwrap();
    }

    #[test]
    fn asvs_13_3_2_an_exposed_or_broken_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bifrons.key");
        ServerSecrets::load_or_create(&path).unwrap();
        for exposed in [0o644, 0o604, 0o660, 0o666, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(exposed)).unwrap();
            let refusal = ServerSecrets::load_or_create(&path).unwrap_err();
            assert!(matches!(refusal, KeyError::Exposed(_)), "{exposed:o}");
            assert!(refusal.to_string().contains("chmod 600"));
        }
        for mounted in [0o440, 0o400, 0o640, 0o600] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mounted)).unwrap();
            ServerSecrets::load_or_create(&path).unwrap();
        }
        for broken in ["", "short", "\u{0}"] {
            fs::write(&path, broken).unwrap();
            assert!(matches!(ServerSecrets::load_or_create(&path), Err(KeyError::Content(..))), "{broken:?}");
        }
    }
}
