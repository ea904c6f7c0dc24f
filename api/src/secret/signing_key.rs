//! The keys that sign access tokens, and the JWKS that verifies them. Created at the first start.

use std::{fmt, path::Path};

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::key_file::{KeyError, read_or_create};

/// The signature algorithm of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// ECDSA on P-256 (RFC 7518), for verifiers without Ed25519.
    Es256,
}

impl Algorithm {
    /// All algorithms, the default first.
    pub const ALL: [Self; 2] = [Self::EdDsa, Self::Es256];

    /// The name in RFC 7518 and RFC 8037.
    pub fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    /// For the signing library.
    pub fn jws(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
        }
    }
}

/// A key in the JWKS.
pub struct SigningKey {
    /// RFC 7638 thumbprint of the public key.
    pub id: String,
    /// The only algorithm this key is used with.
    pub algorithm: Algorithm,
    pub private: EncodingKey,
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

/// All keys whose tokens are valid. One of them signs.
#[derive(Debug)]
pub struct SigningKeys {
    signing: usize,
    keys: Vec<SigningKey>,
}

impl SigningKeys {
    /// Reads `jwt-ALGORITHM.pem` of each algorithm from a folder, and creates the one for `algorithm` if it is missing. A key of the
    /// other algorithm stays published, so that its tokens stay valid after a change of the algorithm.
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

    /// A key that no other process has, for a command: it signs nothing.
    pub fn in_memory(algorithm: Algorithm) -> Option<Self> {
        let key = SigningKey::from_pem(algorithm, &SigningKey::generate(algorithm)?)?;
        Some(Self { signing: 0, keys: vec![key] })
    }

    /// The key that signs.
    pub fn signing(&self) -> &SigningKey {
        &self.keys[self.signing]
    }

    /// The key with the `kid` of a token. The algorithm is the key's, never the token's (RFC 8725 section 3.1).
    pub fn find(&self, id: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// The public keys as a JWK Set (RFC 7517 section 5).
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

#[cfg(test)]
mod tests {
    use super::{Algorithm, SigningKeys};

    #[test]
    fn keys_are_created_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = SigningKeys::load_or_create(folder.path(), Algorithm::EdDsa).unwrap();
        let again = SigningKeys::load_or_create(folder.path(), Algorithm::EdDsa).unwrap();
        assert_eq!(first.jwks(), again.jwks());
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
