//! Recovery codes: what a user writes down and signs in with when the authenticator app is lost.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use entity::{SecretHash, UserId};
use zeroize::Zeroizing;

use super::base32;
use crate::random;

/// 120 bits, of which a plain hash reveals nothing (ASVS 6.5.2 demands 112).
const BYTES: usize = 15;

/// Characters between two hyphens.
const GROUP: usize = 4;

/// One code.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<[u8; BYTES]>);

impl RecoveryCode {
    /// A new code.
    pub fn generate() -> Self {
        Self(Zeroizing::new(random::bytes()))
    }

    /// Reads what [`Self::reveal`] writes, in either case, with or without the hyphens.
    pub fn parse(typed: &str) -> Option<Self> {
        let bytes = base32::decode(typed)?;
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// For the user alone: `ABCD-EFGH-JKLM-NPQR-STUV-WXYZ`.
    pub fn reveal(&self) -> Zeroizing<String> {
        let text = base32::encode(self.0.as_slice());
        let mut grouped = Zeroizing::new(String::with_capacity(text.len() + text.len() / GROUP));
        for (at, character) in text.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                grouped.push('-');
            }
            grouped.push(character);
        }
        grouped
    }

    /// The hash to store. It names the user, so that equal codes of two users have different hashes.
    pub fn hash(&self, user: UserId) -> SecretHash {
        let content = Zeroizing::new([user.0.as_bytes().as_slice(), self.0.as_slice()].concat());
        SecretHash(digest(&SHA256, &content).as_ref().to_vec())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use entity::UserId;
    use uuid::Uuid;

    use super::RecoveryCode;

    #[test]
    fn asvs_6_5_2_a_code_has_120_bits_and_is_read_as_people_type_it() {
        let code = RecoveryCode::generate();
        let shown = code.reveal();
        assert_eq!(shown.split('-').map(str::len).collect::<Vec<_>>(), [4; 6]);
        let user = UserId(Uuid::from_u128(7));
        for typed in [shown.to_lowercase(), shown.replace('-', ""), shown.replace('-', " "), format!(" {}\n", shown.as_str())] {
            assert_eq!(RecoveryCode::parse(&typed).unwrap().hash(user), code.hash(user), "{typed}");
        }
        assert_ne!(code.hash(user), code.hash(UserId(Uuid::from_u128(8))), "a code belongs to one user");
        for wrong in ["", "ABCD", &shown[..shown.len() - 1], &format!("{}A", shown.as_str()), &shown.replace('-', "1")] {
            assert!(RecoveryCode::parse(wrong).is_none_or(|other| other.hash(user) != code.hash(user)), "{wrong}");
        }
    }
}
