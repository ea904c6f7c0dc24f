//! The keys that make credentials: the server secret (refresh tokens) and the signing keys (access tokens).
//!
//! Made on first start, kept in files that only the service's user may read.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    digest, hmac,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::Seed;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::random;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{path}: {source}", path = .0.display(), source = .1)]
    File(PathBuf, io::Error),
    /// Others than the owner may read the file.
    #[error("{path} can be read by others than its owner; run: chmod 600 {path}", path = .0.display())]
    Exposed(PathBuf),
    /// The file does not hold what it should.
    #[error("{path} does not hold {expected}", path = .0.display(), expected = .1)]
    Content(PathBuf, &'static str),
    /// A secret given by configuration is not 32 bytes of base64url.
    #[error("a server secret must be 32 random bytes in base64url (43 characters)")]
    Secret,
}

/// 32 random bytes, written in base64url.
#[derive(Clone)]
pub struct ServerSecret(Zeroizing<[u8; 32]>);

impl ServerSecret {
    /// Reads one as it is written in a configuration.
    pub fn parse(written: &str) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(written).map_err(|_| KeyError::Secret)?);
        Ok(Self(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| KeyError::Secret)?)))
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(…)")
    }
}

/// The server secrets: the first makes refresh tokens, all are accepted. Without them a copied database mints nothing.
#[derive(Clone, Debug)]
pub struct ServerSecrets(Vec<ServerSecret>);

impl ServerSecrets {
    /// One new secret.
    pub fn generate() -> Self {
        Self(vec![ServerSecret(Zeroizing::new(random::bytes()))])
    }

    /// Secrets in this order, the newest first; `None` if there are none.
    pub fn new(secrets: Vec<ServerSecret>) -> Option<Self> {
        (!secrets.is_empty()).then_some(Self(secrets))
    }

    /// The secrets of a file, one a line; makes the file if there is none.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let written = read_or_create(path, || Zeroizing::new(URL_SAFE_NO_PAD.encode(random::bytes::<32>()) + "\n"))?;
        let secrets = written.lines().map(str::trim).filter(|line| !line.is_empty()).map(ServerSecret::parse);
        let secrets = secrets.collect::<Result<_, _>>().ok().and_then(Self::new);
        secrets.ok_or_else(|| KeyError::Content(path.to_owned(), "server secrets: one a line, 32 bytes in base64url"))
    }

    pub(super) fn mac(&self, seed: &Seed, claim: &[u8]) -> [u8; 32] {
        let mut mac = [0; 32];
        // `new` and `generate` see to it that there is a first.
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

/// How access tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// ECDSA on P-256 (RFC 7518), for verifiers that know no Ed25519.
    Es256,
}

impl Algorithm {
    /// All, the default first.
    pub const ALL: [Self; 2] = [Self::EdDsa, Self::Es256];

    /// The name in RFC 7518 and RFC 8037.
    pub fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    /// The same for the library that signs.
    pub fn jws(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
        }
    }
}

/// A key of our JWKS.
pub struct SigningKey {
    /// RFC 7638 thumbprint of the public key.
    pub id: String,
    /// The one algorithm this key is for.
    pub algorithm: Algorithm,
    /// Signs.
    pub private: EncodingKey,
    /// Verifies.
    pub public: DecodingKey,
    jwk: Value,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

impl SigningKey {
    /// A new key as PKCS#8 PEM.
    fn generate(algorithm: Algorithm) -> Option<Zeroizing<String>> {
        let pkcs8 = match algorithm {
            Algorithm::EdDsa => Ed25519KeyPair::generate().ok()?.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?.to_pkcs8v1().ok()?.as_ref().to_vec(),
        };
        Some(Zeroizing::new(pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8))))
    }

    fn from_pem(algorithm: Algorithm, pem: &str) -> Option<Self> {
        let pkcs8 = Zeroizing::new(pem::parse(pem).ok()?.into_contents());
        // The members in the order that RFC 7638 hashes them in.
        let (private, public, jwk) = match algorithm {
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).ok()?;
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                let jwk = json!({"crv": "Ed25519", "kty": "OKP", "x": x});
                (EncodingKey::from_ed_der(&pkcs8), DecodingKey::from_ed_components(&x).ok()?, jwk)
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).ok()?;
                let point = pair.public_key().as_ref().strip_prefix(&[4])?.split_at_checked(32)?;
                let (x, y) = (URL_SAFE_NO_PAD.encode(point.0), URL_SAFE_NO_PAD.encode(point.1));
                let jwk = json!({"crv": "P-256", "kty": "EC", "x": x, "y": y});
                (EncodingKey::from_ec_der(&pkcs8), DecodingKey::from_ec_components(&x, &y).ok()?, jwk)
            }
        };
        let id = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, jwk.to_string().as_bytes()));
        Some(Self { id, algorithm, private, public, jwk })
    }
}

/// All keys whose tokens count; one of them signs.
#[derive(Debug)]
pub struct SigningKeys {
    signing: usize,
    keys: Vec<SigningKey>,
}

impl SigningKeys {
    /// The keys of a folder, `jwt-ALGORITHM.pem` each; makes the one for `algorithm` if it is missing. A key of the other
    /// algorithm stays published, so that changing the algorithm refuses nobody.
    pub fn load_or_create(folder: &Path, algorithm: Algorithm) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for one in Algorithm::ALL {
            let path = folder.join(format!("jwt-{}.pem", one.name()));
            if one == algorithm || path.exists() {
                let pem = read_or_create(&path, || SigningKey::generate(one).unwrap_or_default())?;
                keys.push(SigningKey::from_pem(one, &pem).ok_or(KeyError::Content(path, "a private key in PKCS#8 PEM"))?);
            }
        }
        let signing = keys.iter().position(|key| key.algorithm == algorithm).unwrap_or_default();
        Ok(Self { signing, keys })
    }

    /// The key that signs.
    pub fn signing(&self) -> &SigningKey {
        &self.keys[self.signing]
    }

    /// The key a token says it was signed with. Its algorithm is the key's own, never the token's word (RFC 8725 section 3.1).
    pub fn find(&self, id: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// The public halves as a JWK Set (RFC 7517 section 5).
    pub fn jwks(&self) -> Value {
        let published = self.keys.iter().map(|key| {
            let mut jwk = key.jwk.clone();
            jwk["kid"] = key.id.as_str().into();
            jwk["alg"] = key.algorithm.name().into();
            jwk["use"] = "sig".into();
            jwk
        });
        json!({ "keys": published.collect::<Vec<_>>() })
    }
}

/// Reads a secret file, or makes it: whole and with mode 0600 from its first moment, never over one that is there.
fn read_or_create(path: &Path, make: impl FnOnce() -> Zeroizing<String>) -> Result<Zeroizing<String>, KeyError> {
    let failed = |error| KeyError::File(path.to_owned(), error);
    if !path.try_exists().map_err(failed)? {
        let part = path.with_extension("part");
        let _ = fs::remove_file(&part); // left by a start that was killed
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(failed)?;
        file.write_all(make().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        match fs::hard_link(&part, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => fs::remove_file(&part).map_err(failed)?,
        }
    }
    if fs::metadata(path).map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::{Algorithm, KeyError, ServerSecrets, SigningKeys};

    #[test]
    fn files_are_made_once_with_mode_0600() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bifrons.key");
        ServerSecrets::load_or_create(&path).unwrap();
        let made = fs::read_to_string(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        ServerSecrets::load_or_create(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), made);

        let first = SigningKeys::load_or_create(folder.path(), Algorithm::EdDsa).unwrap();
        let again = SigningKeys::load_or_create(folder.path(), Algorithm::EdDsa).unwrap();
        assert_eq!(first.jwks(), again.jwks());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left behind");
    }

    #[test]
    fn a_start_killed_half_way_does_not_block_the_next() {
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
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refusal = ServerSecrets::load_or_create(&path).unwrap_err();
        assert!(matches!(refusal, KeyError::Exposed(_)));
        assert!(refusal.to_string().contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for broken in ["", "short", "\u{0}"] {
            fs::write(&path, broken).unwrap();
            assert!(matches!(ServerSecrets::load_or_create(&path), Err(KeyError::Content(..))), "{broken:?}");
        }
    }

    #[test]
    fn changing_the_algorithm_keeps_the_old_key_published() {
        let folder = tempfile::tempdir().unwrap();
        let old = SigningKeys::load_or_create(folder.path(), Algorithm::EdDsa).unwrap();
        let new = SigningKeys::load_or_create(folder.path(), Algorithm::Es256).unwrap();
        assert_eq!(new.signing().algorithm, Algorithm::Es256);
        assert_eq!(new.find(&old.signing().id).unwrap().algorithm, Algorithm::EdDsa);
        assert_eq!(new.jwks()["keys"].as_array().unwrap().len(), 2);
        assert!(!new.jwks().to_string().contains("\"d\""), "no private member");
    }

    #[test]
    fn the_key_id_is_the_thumbprint_of_rfc_8037_appendix_a() {
        let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", {
            use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
            let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
            der.extend(URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap());
            der
        }));
        let key = super::SigningKey::from_pem(Algorithm::EdDsa, &pem).unwrap();
        assert_eq!(key.id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
