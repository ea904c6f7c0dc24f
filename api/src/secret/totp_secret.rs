//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, 30 seconds, as every authenticator app knows them.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use entity::UnixMillis;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::base32;
use crate::{random, unicode::is_separator};

/// Of the output of the hash, as RFC 4226 section 4 (R6) recommends.
const BYTES: usize = 20;

/// Seconds of a step.
const STEP: i64 = 30;

/// The codes of this many steps before and after the current one are accepted too: clocks differ, and a person takes time to type.
const DRIFT: i64 = 1;

/// What a URI holds as it is.
const IN_URI: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// The number of a step since 1970. Each has one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TotpStep(pub i64);

impl TotpStep {
    /// The step of a moment.
    pub fn at(now: UnixMillis) -> Self {
        Self(now.seconds().div_euclid(STEP))
    }
}

/// What the service and an authenticator app share.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; BYTES]>);

impl TotpSecret {
    /// A new secret.
    pub fn generate() -> Self {
        Self(Zeroizing::new(random::bytes()))
    }

    /// Reads the bytes of [`Self::as_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// For sealing.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// For a person to type.
    pub fn reveal(&self) -> Zeroizing<String> {
        base32::encode(self.0.as_slice())
    }

    /// For a camera: `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=ISSUER`. The parts that are the defaults of all apps are left out.
    pub fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        // The colon separates them.
        let issuer = utf8_percent_encode(issuer, IN_URI).to_string().replace("%3A", "");
        let account = utf8_percent_encode(account, IN_URI).to_string().replace("%3A", "");
        Zeroizing::new(format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", self.reveal().as_str()))
    }

    /// The step whose code this is, among those that are accepted at `now`. All are compared, in constant time.
    pub fn step_of(&self, typed: &str, now: UnixMillis) -> Option<TotpStep> {
        let typed: Zeroizing<String> = Zeroizing::new(typed.chars().filter(|typed| !is_separator(*typed)).collect());
        let TotpStep(current) = TotpStep::at(now);
        let mut found = None;
        for step in current - DRIFT..=current + DRIFT {
            let code = self.code(TotpStep(step));
            if constant_time::verify_slices_are_equal(code.as_bytes(), typed.as_bytes()).is_ok() {
                found = Some(TotpStep(step));
            }
        }
        found
    }

    /// The code of a step (RFC 4226 section 5.3).
    pub fn code(&self, step: TotpStep) -> Zeroizing<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.0.as_slice());
        let mac = hmac::sign(&key, &step.0.to_be_bytes());
        let mac = mac.as_ref();
        let offset = usize::from(mac[mac.len() - 1] & 15);
        let number = mac[offset..].first_chunk().copied().map_or(0, u32::from_be_bytes) & 0x7fff_ffff;
        Zeroizing::new(format!("{:06}", number % 1_000_000))
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use entity::UnixMillis;

    use super::{TotpSecret, TotpStep};

    fn rfc() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    /// Appendix B, the rows of SHA-1. The last six of its eight digits.
    #[test]
    fn rfc_6238_appendix_b() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(rfc().code(TotpStep(seconds / 30)).as_str(), code, "{seconds}");
            assert_eq!(rfc().step_of(code, UnixMillis(seconds * 1000)), Some(TotpStep(seconds / 30)), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_accepted_for_one_step_before_and_after_and_no_longer() {
        let code = rfc().code(TotpStep(100));
        let at = |seconds: i64| rfc().step_of(&code, UnixMillis(seconds * 1000));
        assert_eq!([at(2969), at(2970), at(3059), at(3060)], [None, Some(TotpStep(100)), Some(TotpStep(100)), None]);
        for separator in [" ", "-", "\u{a0}", "\u{2011}"] {
            let typed = [&code[..3], separator, &code[3..]].concat();
            assert_eq!(rfc().step_of(&typed, UnixMillis(3_000_000)), Some(TotpStep(100)), "{separator:?}");
        }
        for wrong in ["", "0", "abcdef", "\u{664}\u{664}\u{664}", &format!("{}0", code.as_str())] {
            assert_eq!(rfc().step_of(wrong, UnixMillis(3_000_000)), None, "{wrong}");
        }
    }

    #[test]
    fn the_uri_names_issuer_and_account_without_a_colon_inside() {
        let uri = rfc().uri("B\u{fc}cher: & Co", "ada@example.com");
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let issuer = "B%C3%BCcher%20%26%20Co";
        assert_eq!(uri.as_str(), format!("otpauth://totp/{issuer}:ada@example.com?secret={secret}&issuer={issuer}"));
    }
}
