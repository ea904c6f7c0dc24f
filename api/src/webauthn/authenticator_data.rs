//! The authenticator data: what the authenticator says about a ceremony (section 6.1).

use aws_lc_rs::digest::{SHA256, digest};
use minicbor::Decoder;

use super::{MAX_CREDENTIAL_ID, PublicKey, RelyingParty, WebauthnError};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// What the authenticator established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags {
    /// It verified the user: by a PIN, a fingerprint, a face.
    pub user_verified: bool,
    /// The credential may be copied to other devices of the user.
    pub backup_eligible: bool,
    /// It was copied.
    pub backed_up: bool,
}

/// A credential that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedCredential {
    /// The model of the authenticator. It is a claim: no attestation proves it.
    pub aaguid: [u8; 16],
    /// The id that the authenticator gave it.
    pub id: Vec<u8>,
    /// The key that verifies its signatures.
    pub public_key: PublicKey,
}

/// What an authenticator says about a ceremony.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorData {
    rp_id_hash: [u8; 32],
    is_user_present: bool,
    /// What the authenticator established.
    pub flags: Flags,
    /// Counts the signatures; 0 if the authenticator does not count.
    pub sign_count: u32,
    /// The credential, in a registration.
    pub credential: Option<AttestedCredential>,
}

impl AuthenticatorData {
    /// Reads it; nothing may follow.
    pub fn parse(bytes: &[u8]) -> Result<Self, WebauthnError> {
        let malformed = WebauthnError::AuthenticatorData;
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(malformed)?;
        let (&flags, rest) = rest.split_first().ok_or(malformed)?;
        let (sign_count, rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
        let has = |flag| flags & flag != 0;
        let (credential, rest) = if has(HAS_CREDENTIAL) {
            let (credential, rest) = attested_credential(rest)?;
            (Some(credential), rest)
        } else {
            (None, rest)
        };
        let rest = if has(HAS_EXTENSIONS) { skip_map(rest).ok_or(malformed)? } else { rest };
        if !rest.is_empty() {
            return Err(malformed);
        }
        let flags = Flags { user_verified: has(USER_VERIFIED), backup_eligible: has(BACKUP_ELIGIBLE), backed_up: has(BACKED_UP) };
        let (is_user_present, sign_count) = (has(USER_PRESENT), u32::from_be_bytes(*sign_count));
        Ok(Self { rp_id_hash: *rp_id_hash, is_user_present, flags, sign_count, credential })
    }

    /// Checks what every ceremony demands.
    pub(super) fn check(&self, party: RelyingParty<'_>) -> Result<(), WebauthnError> {
        if digest(&SHA256, party.id.as_bytes()).as_ref() != self.rp_id_hash {
            return Err(WebauthnError::RelyingParty);
        }
        if !self.is_user_present {
            return Err(WebauthnError::UserAbsent);
        }
        if self.flags.backed_up && !self.flags.backup_eligible { Err(WebauthnError::BackupFlags) } else { Ok(()) }
    }
}

/// The credential, and what follows it.
fn attested_credential(bytes: &[u8]) -> Result<(AttestedCredential, &[u8]), WebauthnError> {
    let malformed = WebauthnError::AuthenticatorData;
    let (aaguid, rest) = bytes.split_first_chunk::<16>().ok_or(malformed)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > MAX_CREDENTIAL_ID {
        return Err(WebauthnError::CredentialId);
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(malformed)?;
    let (public_key, rest) = PublicKey::parse_prefix(rest)?;
    Ok((AttestedCredential { aaguid: *aaguid, id: id.to_vec(), public_key }, rest))
}

/// What follows a CBOR map; `None` if there is none.
fn skip_map(bytes: &[u8]) -> Option<&[u8]> {
    let mut decoder = Decoder::new(bytes);
    decoder.probe().map().ok()??;
    decoder.skip().ok()?;
    bytes.get(decoder.position()..)
}
