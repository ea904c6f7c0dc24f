//! What a browser or an app keeps once somebody has signed in with it.
//!
//! It opens nothing. It is what an account knows a device by, so that strangers' wrong passwords do not count against it. Nothing of it
//! is stored here: it carries the proof itself, one for each of the last few accounts that somebody signed in to.

use std::{fmt, time::Duration};

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::UnixMillis;
use zeroize::Zeroizing;

use crate::random;

/// How long an account knows a device after a sign-in.
pub const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 3600);

/// What a device's token starts with.
const PREFIX: &str = "bfd_";

const ID: usize = 16;
const MOMENT: usize = 8;
/// RFC 2104 section 5: half of the hash.
const MAC: usize = 16;

/// The most accounts of one device; a shared one forgets whoever was away longest.
const ACCOUNTS: usize = 4;

/// `bfd_` + base64url(16 random bytes ‖ proofs); a proof is the moment of a sign-in ‖ MAC of device, moment and account.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken {
    id: [u8; ID],
    /// The latest first.
    proofs: Vec<[u8; MOMENT + MAC]>,
}

impl DeviceToken {
    /// A device that no account knows.
    pub fn new() -> Self {
        Self { id: random::bytes(), proofs: Vec::new() }
    }

    /// Reads what [`Self::reveal`] writes, and nothing else.
    pub fn parse(value: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(value.strip_prefix(PREFIX)?).ok()?;
        let (id, proofs) = bytes.split_at_checked(ID)?;
        let (proofs, []) = proofs.as_chunks() else { return None };
        (proofs.len() <= ACCOUNTS).then_some(Self { id: id.try_into().ok()?, proofs: proofs.to_vec() })
    }

    /// For the device and nobody else.
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut value = Zeroizing::new(PREFIX.to_owned());
        URL_SAFE_NO_PAD.encode_string([self.id.as_slice(), self.proofs.as_flattened()].concat(), &mut value);
        value
    }

    /// Which device it is, whatever it proves.
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// Whether somebody has signed in to this account with it lately.
    pub fn is_known(&self, account: &str, keys: &[hmac::Key], now: UnixMillis) -> bool {
        self.proofs.iter().any(|proof| self.proves(proof, account, keys, now))
    }

    /// The same device, after somebody has signed in to this account with it. The first key makes the proof.
    #[must_use]
    pub fn introduced(&self, account: &str, keys: &[hmac::Key], now: UnixMillis) -> Self {
        let others = self.proofs.iter().filter(|proof| !self.proves(proof, account, keys, now));
        let new = keys.first().map(|key| {
            let mut proof = [0; MOMENT + MAC];
            proof[..MOMENT].copy_from_slice(&now.0.to_be_bytes());
            let mac = self.mac(key, &proof[..MOMENT], account);
            proof[MOMENT..].copy_from_slice(&mac);
            proof
        });
        Self { id: self.id, proofs: new.into_iter().chain(others.copied()).take(ACCOUNTS).collect() }
    }

    fn proves(&self, proof: &[u8; MOMENT + MAC], account: &str, keys: &[hmac::Key], now: UnixMillis) -> bool {
        let (moment, mac) = proof.split_at(MOMENT);
        let since = UnixMillis(i64::from_be_bytes(moment.try_into().unwrap_or_default()));
        let is_ours = |key| constant_time::verify_slices_are_equal(&self.mac(key, moment, account), mac).is_ok();
        now < since.plus(KNOWN_FOR) && keys.iter().any(is_ours)
    }

    fn mac(&self, key: &hmac::Key, moment: &[u8], account: &str) -> [u8; MAC] {
        let signed = hmac::sign(key, &[self.id.as_slice(), moment, account.as_bytes()].concat());
        let mut mac = [0; MAC];
        mac.copy_from_slice(&signed.as_ref()[..MAC]);
        mac
    }
}

impl Default for DeviceToken {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use entity::UnixMillis;

    use super::{DeviceToken, KNOWN_FOR};
    use crate::random;

    const NOW: UnixMillis = UnixMillis(1_767_258_000_000);

    fn keys() -> Vec<hmac::Key> {
        vec![hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>())]
    }

    #[test]
    fn an_account_knows_a_device_that_somebody_signed_in_with_and_no_other() {
        let keys = keys();
        let device = DeviceToken::new();
        assert!(!device.is_known("ada@example.com", &keys, NOW));
        let introduced = device.introduced("ada@example.com", &keys, NOW);
        let read = DeviceToken::parse(&introduced.reveal()).unwrap();
        assert!(read == introduced && read.id() == device.id());
        assert!(read.is_known("ada@example.com", &keys, NOW));
        assert!(!read.is_known("grace@example.com", &keys, NOW));
        assert!(!read.is_known("ada@example.com", &self::keys(), NOW), "proofs are ours");
        let stolen = DeviceToken { id: DeviceToken::new().id, proofs: read.proofs.clone() };
        assert!(!stolen.is_known("ada@example.com", &keys, NOW), "a proof is of one device");
    }

    #[test]
    fn it_is_forgotten_after_90_days_and_by_those_who_were_away_longest() {
        let keys = keys();
        let device = DeviceToken::new().introduced("ada@example.com", &keys, NOW);
        let later = |millis: i64| UnixMillis(NOW.plus(KNOWN_FOR).0 + millis);
        assert!(device.is_known("ada@example.com", &keys, later(-1)) && !device.is_known("ada@example.com", &keys, later(0)));
        let again = device.introduced("ada@example.com", &keys, later(-1));
        assert!(again.is_known("ada@example.com", &keys, later(0)) && again.proofs.len() == 1);
        let shared = (0..4).fold(device, |device, n| device.introduced(&format!("{n}@example.com"), &keys, NOW));
        assert!(shared.is_known("0@example.com", &keys, NOW) && !shared.is_known("ada@example.com", &keys, NOW));
        assert!(shared.reveal().len() < 200);
    }

    #[test]
    fn nonsense_is_no_device() {
        for wrong in ["", "bfd_", "bfd_AAAA", "AAAAAAAAAAAAAAAAAAAAAA", "bfd_AAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(DeviceToken::parse(wrong).is_none(), "{wrong}");
        }
        assert!(DeviceToken::parse("bfd_AAAAAAAAAAAAAAAAAAAAAA").is_some());
    }
}
