//! Password hashes of other software. They are verified as they are, and replaced by ours at the next sign-in.

use std::borrow::Cow;

use argon2::{
    PasswordVerifier as _,
    password_hash::{self, phc},
};

use super::cost::{MAX_MEMORY, MAX_WORK};
use crate::secret::Password;

/// About a second.
const MAX_BCRYPT_COST: u32 = 14;

/// The most blocks p·r of scrypt: PBKDF2 makes and reads all of them, however little memory each takes.
const MAX_SCRYPT_BLOCKS: u64 = 16_384;

/// About a second.
const MAX_PBKDF2_ROUNDS: usize = 2_500_000;

/// The schemes that can be imported besides Argon2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// `$2a$`, `$2b$`, `$2y$`; not `$2x$`, which is wrong on purpose.
    Bcrypt,
    /// `$scrypt$ln=…,r=…,p=…$salt$hash`.
    Scrypt,
    /// `$pbkdf2-sha256$i=…$salt$hash`, and with sha512; also with the bare number of rounds, as passlib writes it.
    Pbkdf2,
}

impl Foreign {
    /// The scheme of a hash, by how it begins.
    pub(super) fn of(hash: &str) -> Option<Self> {
        match hash.split('$').nth(1)? {
            "2a" | "2b" | "2y" => Some(Self::Bcrypt),
            "scrypt" => Some(Self::Scrypt),
            "pbkdf2-sha256" | "pbkdf2-sha512" => Some(Self::Pbkdf2),
            _ => None,
        }
    }

    /// Whether a hash is complete and within the bounds of cost.
    pub(super) fn is_within_bounds(self, hash: &str) -> bool {
        let hash = self.phc_form(hash);
        let phc = phc::PasswordHash::new(&hash).ok();
        match self {
            Self::Bcrypt => {
                hash.len() == 60 && hash.parse::<bcrypt::HashParts>().is_ok_and(|parts| parts.get_cost() <= MAX_BCRYPT_COST)
            }
            Self::Scrypt => {
                let params = phc.filter(|phc| phc.hash.is_some()).and_then(|phc| scrypt::Params::try_from(&phc).ok());
                params.is_some_and(|params| {
                    let (r, p) = (u64::from(params.r()), u64::from(params.p()));
                    let memory = (r << params.log_n()) * 128;
                    memory <= MAX_MEMORY && memory * p <= MAX_WORK && r * p <= MAX_SCRYPT_BLOCKS
                })
            }
            Self::Pbkdf2 => {
                let Some((phc, output)) = phc.and_then(|phc| phc.hash.map(|output| (phc, output.len()))) else { return false };
                let digest = if phc.algorithm.as_str() == "pbkdf2-sha512" { 64 } else { 32 };
                // Each digest of the output takes all rounds.
                pbkdf2::Params::try_from(&phc).is_ok_and(|params| {
                    usize::try_from(params.rounds())
                        .is_ok_and(|rounds| rounds.saturating_mul(output.div_ceil(digest)) <= MAX_PBKDF2_ROUNDS)
                })
            }
        }
    }

    /// The hash as a PHC string: passlib names no parameter, and writes `.` for `+`.
    fn phc_form(self, hash: &str) -> Cow<'_, str> {
        let fields: Vec<_> = hash.split('$').collect();
        match (self, fields.as_slice()) {
            (Self::Pbkdf2, ["", scheme, rounds, salt, sum]) if rounds.bytes().all(|byte| byte.is_ascii_digit()) => {
                // Without padding, four characters are three bytes.
                let length = sum.len() * 3 / 4;
                format!("${scheme}$i={rounds},l={length}${}${}", salt.replace('.', "+"), sum.replace('.', "+")).into()
            }
            _ => hash.into(),
        }
    }

    /// Whether a hash belongs to this password.
    pub(super) fn is_of(self, password: &Password, hash: &str) -> bool {
        let hash = self.phc_form(hash);
        let phc = |verify: &dyn Fn(&phc::PasswordHash) -> password_hash::Result<()>| {
            phc::PasswordHash::new(&hash).is_ok_and(|hash| verify(&hash).is_ok())
        };
        match self {
            // bcrypt reads only 72 bytes, as did the software that made the hash.
            Self::Bcrypt => bcrypt::verify(password.bytes(), &hash).unwrap_or(false),
            Self::Scrypt => phc(&|hash| scrypt::Scrypt::default().verify_password(password.bytes(), hash)),
            Self::Pbkdf2 => phc(&|hash| pbkdf2::Pbkdf2::default().verify_password(password.bytes(), hash)),
        }
    }
}
