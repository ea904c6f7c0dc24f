//! The secrets that sign deliveries to webhooks, by the Standard Webhooks specification: symmetric, `whsec_` and base64.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::random;

const PREFIX: &str = "whsec_";

/// The specification demands 24 to 64.
const BYTES: usize = 32;

/// What the service and a receiver share.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<[u8; BYTES]>);

impl WebhookSecret {
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

    /// For the operator, once.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(self.0.as_slice())))
    }

    /// The signature of a message: `v1,` and base64. The id has no full stop.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        format!("v1,{}", STANDARD.encode(hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes())))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::WebhookSecret;

    #[test]
    fn a_secret_is_written_as_the_specification_says_and_no_log_shows_it() {
        let secret = WebhookSecret::from_bytes(&[0xfb; 32]).unwrap();
        assert_eq!(secret.reveal().as_str(), "whsec_+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=");
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
        assert!(WebhookSecret::from_bytes(&[0; 31]).is_none());
        let signature = |id, at, body| secret.sign(id, at, body);
        assert_eq!(signature("a", 1, "{}"), signature("a", 1, "{}"));
        for other in [signature("b", 1, "{}"), signature("a", 2, "{}"), signature("a", 1, "[]")] {
            assert!(other.starts_with("v1,") && other != signature("a", 1, "{}"));
        }
    }
}
