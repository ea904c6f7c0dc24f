//! The token of a browser or an app that has signed in before.
//!
//! It authenticates nothing. An account recognises its devices by it, so that wrong passwords from other devices do not block them.
//! The service stores nothing: the token carries one signed entry for each of the last few accounts.

use std::{fmt, time::Duration};

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::UnixMillis;
use zeroize::Zeroizing;

use crate::random;

/// How long a device is known to an account after a sign-in.
pub const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 3600);

const PREFIX: &str = "bfd_";

const ID: usize = 16;
const TIME: usize = 8;
/// RFC 2104 section 5: half of the hash.
const MAC: usize = 16;

/// The most accounts that one device is known to; a shared device forgets the one with the oldest sign-in.
const MAX_ENTRIES: usize = 4;

/// `bfd_` + base64url(16 random bytes ‖ entries); an entry is the time of a sign-in ‖ MAC of device, time and the account's bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken {
    id: [u8; ID],
    /// The newest first.
    entries: Vec<[u8; TIME + MAC]>,
}

impl DeviceToken {
    /// A device that is known to no account.
    pub fn new() -> Self {
        Self { id: random::bytes(), entries: Vec::new() }
    }

    /// Parses only what [`Self::reveal`] writes.
    pub fn parse(value: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(value.strip_prefix(PREFIX)?).ok()?;
        let (id, entries) = bytes.split_at_checked(ID)?;
        let (entries, []) = entries.as_chunks() else { return None };
        (entries.len() <= MAX_ENTRIES).then_some(Self { id: id.try_into().ok()?, entries: entries.to_vec() })
    }

    /// For the device alone.
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut value = Zeroizing::new(PREFIX.to_owned());
        URL_SAFE_NO_PAD.encode_string([self.id.as_slice(), self.entries.as_flattened()].concat(), &mut value);
        value
    }

    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// Whether this account was signed in to with this device within [`KNOWN_FOR`].
    pub fn is_known(&self, account: &[u8], keys: &[hmac::Key], now: UnixMillis) -> bool {
        self.entries.iter().any(|entry| self.is_entry_of(entry, account, keys, now))
    }

    /// The token after a sign-in to this account. The first key signs.
    #[must_use]
    pub fn trusted_by(&self, account: &[u8], keys: &[hmac::Key], now: UnixMillis) -> Self {
        let others = self.entries.iter().filter(|entry| !self.is_entry_of(entry, account, keys, now));
        let new = keys.first().map(|key| {
            let mut entry = [0; TIME + MAC];
            entry[..TIME].copy_from_slice(&now.0.to_be_bytes());
            let mac = self.mac(key, &entry[..TIME], account);
            entry[TIME..].copy_from_slice(&mac);
            entry
        });
        Self { id: self.id, entries: new.into_iter().chain(others.copied()).take(MAX_ENTRIES).collect() }
    }

    fn is_entry_of(&self, entry: &[u8; TIME + MAC], account: &[u8], keys: &[hmac::Key], now: UnixMillis) -> bool {
        let (time, mac) = entry.split_at(TIME);
        let since = UnixMillis(i64::from_be_bytes(time.try_into().unwrap_or_default()));
        let is_ours = |key| constant_time::verify_slices_are_equal(&self.mac(key, time, account), mac).is_ok();
        now < since.plus(KNOWN_FOR) && keys.iter().any(is_ours)
    }

    fn mac(&self, key: &hmac::Key, time: &[u8], account: &[u8]) -> [u8; MAC] {
        let signed = hmac::sign(key, &[self.id.as_slice(), time, account].concat());
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
    fn only_a_device_that_signed_in_is_known_to_the_account() {
        let keys = keys();
        let device = DeviceToken::new();
        assert!(!device.is_known(b"ada", &keys, NOW));
        let trusted = device.trusted_by(b"ada", &keys, NOW);
        let read = DeviceToken::parse(&trusted.reveal()).unwrap();
        assert!(read == trusted && read.id() == device.id() && read.id() != DeviceToken::new().id());
        assert!(read.is_known(b"ada", &keys, NOW));
        assert!(!read.is_known(b"grace", &keys, NOW));
        assert!(!read.is_known(b"ada", &self::keys(), NOW), "an entry needs our key");
        let stolen = DeviceToken { id: DeviceToken::new().id, entries: read.entries.clone() };
        assert!(!stolen.is_known(b"ada", &keys, NOW), "an entry belongs to one device");
    }

    #[test]
    fn a_device_is_known_for_90_days_and_to_four_accounts() {
        let keys = keys();
        let device = DeviceToken::new().trusted_by(b"ada", &keys, NOW);
        let later = |millis: i64| UnixMillis(NOW.plus(KNOWN_FOR).0 + millis);
        assert!(device.is_known(b"ada", &keys, later(-1)) && !device.is_known(b"ada", &keys, later(0)));
        let again = device.trusted_by(b"ada", &keys, later(-1));
        assert!(again.is_known(b"ada", &keys, later(0)) && again.entries.len() == 1);
        let shared = (0..4).fold(device, |device, n| device.trusted_by(&[n], &keys, NOW));
        assert!(shared.is_known(&[0], &keys, NOW) && !shared.is_known(b"ada", &keys, NOW));
        assert!(shared.reveal().len() < 200);
    }

    #[test]
    fn only_well_formed_tokens_parse() {
        for wrong in ["", "bfd_", "bfd_AAAA", "AAAAAAAAAAAAAAAAAAAAAA", "bfd_AAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(DeviceToken::parse(wrong).is_none(), "{wrong}");
        }
        assert!(DeviceToken::parse("bfd_AAAAAAAAAAAAAAAAAAAAAA").is_some());
    }
}
