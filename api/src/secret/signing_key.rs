//! A key that signs access tokens.

use std::fmt;

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

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

    /// The algorithm of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// For the signing library.
    pub fn jws(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
        }
    }
}

/// The first block of a PEM file alone, as PKCS#8 PEM; `None` if there is none. Programs write other text before and after it.
pub(crate) fn canonical_pem(text: &str) -> Option<Zeroizing<String>> {
    let pkcs8 = pem::parse(text).ok()?.into_contents();
    Some(Zeroizing::new(pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8))))
}

/// A pair of keys.
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
    /// A new private key as PKCS#8 PEM; `None` if the library fails.
    pub fn generate(algorithm: Algorithm) -> Option<Zeroizing<String>> {
        let pkcs8 = match algorithm {
            Algorithm::EdDsa => Ed25519KeyPair::generate().ok()?.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?.to_pkcs8v1().ok()?.as_ref().to_vec(),
        };
        Some(Zeroizing::new(pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8))))
    }

    /// Reads a private key; `None` if it is no PKCS#8 PEM of this algorithm.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Option<Self> {
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

    /// The public key for a JWK Set (RFC 7517 section 4).
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["kid"] = self.id.as_str().into();
        jwk["alg"] = self.algorithm.name().into();
        jwk["use"] = "sig".into();
        jwk
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, SigningKey};

    #[test]
    fn a_key_is_read_as_it_was_made_and_publishes_no_private_member() {
        for algorithm in Algorithm::ALL {
            let pem = SigningKey::generate(algorithm).unwrap();
            let jwk = SigningKey::from_pem(algorithm, &pem).unwrap().public_jwk();
            assert_eq!(jwk, SigningKey::from_pem(algorithm, &pem).unwrap().public_jwk());
            assert!(jwk.get("d").is_none() && jwk["alg"] == algorithm.name(), "{jwk}");
            let other = Algorithm::ALL.into_iter().find(|other| *other != algorithm).unwrap();
            assert!(SigningKey::from_pem(other, &pem).is_none());
            assert_eq!([algorithm.name(), "RS256"].map(Algorithm::named), [Some(algorithm), None]);
        }
    }

    #[test]
    fn the_key_id_is_the_thumbprint_of_rfc_8037_appendix_a() {
        let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", {
            use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
            let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
            der.extend(URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap());
            der
        }));
        let key = SigningKey::from_pem(Algorithm::EdDsa, &pem).unwrap();
        assert_eq!(key.id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
