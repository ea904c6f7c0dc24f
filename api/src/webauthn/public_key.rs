//! Public keys of credentials, as COSE writes them (RFC 9052 section 7, RFC 9053, RFC 8230).

use std::fmt;

use aws_lc_rs::{
    rsa::PublicKeyComponents,
    signature::{self, ParsedPublicKey},
};
use minicbor::Decoder;

use super::WebauthnError;

/// The algorithms that credentials may sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// All of them, the preferred one first.
    pub const ALL: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    /// The number in the registry of COSE.
    pub fn number(self) -> i32 {
        match self {
            Self::EdDsa => -8,
            Self::Es256 => -7,
            Self::Rs256 => -257,
        }
    }
}

/// A public key that is valid.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    cose: Vec<u8>,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Reads what [`Self::as_cose`] returns.
    pub fn parse(cose: &[u8]) -> Result<Self, WebauthnError> {
        let (key, rest) = Self::parse_prefix(cose)?;
        if rest.is_empty() { Ok(key) } else { Err(WebauthnError::PublicKey) }
    }

    /// Reads a key, and returns what follows it.
    pub(super) fn parse_prefix(bytes: &[u8]) -> Result<(Self, &[u8]), WebauthnError> {
        let mut decoder = Decoder::new(bytes);
        let parameters = Parameters::read(&mut decoder).ok_or(WebauthnError::PublicKey)?;
        let (cose, rest) = bytes.split_at_checked(decoder.position()).ok_or(WebauthnError::PublicKey)?;
        let number = parameters.algorithm.ok_or(WebauthnError::PublicKey)?;
        let algorithm = Algorithm::ALL.into_iter().find(|known| i64::from(known.number()) == number);
        let algorithm = algorithm.ok_or(WebauthnError::Algorithm)?;
        let key = parameters.key(algorithm).ok_or(WebauthnError::PublicKey)?;
        Ok((Self { algorithm, cose: cose.to_vec(), key }, rest))
    }

    /// The key, to be stored.
    pub fn as_cose(&self) -> &[u8] {
        &self.cose
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WebauthnError> {
        self.key.verify_sig(message, signature).map_err(|_| WebauthnError::Signature)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.cose == other.cose
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?}, …)", self.algorithm)
    }
}

/// The members of a COSE key. What the labels below 0 mean depends on the key type.
#[derive(Default)]
struct Parameters<'a> {
    key_type: Option<i64>,
    algorithm: Option<i64>,
    curve: Option<i64>,
    /// Labels −1, −2 and −3, where they are byte strings.
    bytes: [Option<&'a [u8]>; 3],
}

impl<'a> Parameters<'a> {
    /// `None` if a member is there twice, or one that a public key does not have.
    fn read(decoder: &mut Decoder<'a>) -> Option<Self> {
        let mut read = Self::default();
        for _ in 0..decoder.map().ok()?? {
            let label = decoder.i64().ok()?;
            let is_number = decoder.probe().i64().is_ok();
            let is_new = match label {
                1 => read.key_type.replace(decoder.i64().ok()?).is_none(),
                3 => read.algorithm.replace(decoder.i64().ok()?).is_none(),
                -1 if is_number => read.curve.replace(decoder.i64().ok()?).is_none(),
                -3..=-1 => {
                    let slot = usize::try_from(-1 - label).ok().and_then(|at| read.bytes.get_mut(at))?;
                    slot.replace(decoder.bytes().ok()?).is_none()
                }
                _ => false,
            };
            if !is_new {
                return None;
            }
        }
        Some(read)
    }

    fn key(&self, algorithm: Algorithm) -> Option<ParsedPublicKey> {
        match (algorithm, self.key_type?, self.curve, self.bytes) {
            (Algorithm::EdDsa, 1, Some(6), [None, Some(x), None]) if x.len() == 32 => {
                ParsedPublicKey::new(&signature::ED25519, x).ok()
            }
            (Algorithm::Es256, 2, Some(1), [None, Some(x), Some(y)]) if x.len() == 32 && y.len() == 32 => {
                ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, [&[4], x, y].concat()).ok()
            }
            (Algorithm::Rs256, 3, None, [Some(n), Some(e), None]) if is_strong(n) && e.len() <= 4 => {
                PublicKeyComponents { n, e }.to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256).ok()
            }
            _ => None,
        }
    }
}

/// 2048 to 4096 bits: a shorter modulus can be factored, and a longer one costs more than it protects.
fn is_strong(modulus: &[u8]) -> bool {
    (256..=512).contains(&modulus.len()) && modulus[0] != 0
}
