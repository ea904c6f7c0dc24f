//! Passwords from breaches, looked up by k-anonymity: the request contains the first five digits of a password's SHA-1, and the
//! response lists all hashes that begin so. The protocol is that of Pwned Passwords; other services offer it too.

use std::{error::Error, fmt::Write, time::Duration};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use reqwest::{Client, StatusCode, redirect::Policy};
use tokio::{sync::Semaphore, time::timeout};
use zeroize::Zeroizing;

use crate::{
    config::{BreachedConfig, OnFailure},
    secret::Password,
};

/// How many digits of the hash the request contains.
const PREFIX_LENGTH: usize = 5;

/// The most bytes of a response; usual are about 40,000.
const MAX_RESPONSE: usize = 1 << 20;

/// Why the breach service could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum BreachedError {
    /// No connection, or it broke.
    #[error("cannot reach the breach service: {0}")]
    Request(#[from] reqwest::Error),
    /// Another status than 200.
    #[error("the breach service responds with status {0}, not 200")]
    Status(u16),
    /// No response within `passwords.breached_timeout`.
    #[error("the breach service does not respond within passwords.breached_timeout")]
    TooSlow,
    /// A response that is not of the protocol.
    #[error("the response is not one of a breach service: check passwords.breached_url")]
    Protocol,
}

/// The configured breach service.
#[derive(Debug)]
pub(super) struct Breached {
    http: Client,
    url: String,
    timeout: Duration,
    on_failure: OnFailure,
    /// Each request needs a file descriptor.
    slots: Semaphore,
}

/// Requests at a time; others wait, within their timeout.
const MAX_REQUESTS: usize = 16;

impl Breached {
    pub(super) fn new(config: &BreachedConfig) -> Result<Self, BreachedError> {
        let http = Client::builder().timeout(config.timeout).redirect(Policy::none());
        let http = http.user_agent("bifrons").pool_max_idle_per_host(MAX_REQUESTS / 4).build()?;
        let slots = Semaphore::new(MAX_REQUESTS);
        Ok(Self { http, url: config.url.clone(), timeout: config.timeout, on_failure: config.on_failure, slots })
    }

    /// Whether the service lists a password. Without a response, `passwords.breached_failure` decides.
    pub(super) async fn contains(&self, password: &Password) -> Result<bool, BreachedError> {
        let hash = sha1(password);
        let (prefix, rest) = hash.split_at(PREFIX_LENGTH);
        match timeout(self.timeout, self.range(prefix)).await.unwrap_or(Err(BreachedError::TooSlow)) {
            Ok(range) => Ok(is_in(&range, rest)),
            Err(error) if self.on_failure == OnFailure::Accept => {
                let cause = error.source().map(ToString::to_string);
                tracing::warn!(%error, cause, "a new password was accepted without the check against breaches");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn range(&self, prefix: &str) -> Result<String, BreachedError> {
        // It is never closed.
        let _slot = self.slots.acquire().await;
        let request = self.http.get(format!("{}{prefix}", self.url)).header("add-padding", "true");
        let mut answer = request.send().await.map_err(reqwest::Error::without_url)?;
        if answer.status() != StatusCode::OK {
            return Err(BreachedError::Status(answer.status().as_u16()));
        }
        let mut range = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            range.extend_from_slice(&chunk);
            if range.len() > MAX_RESPONSE {
                return Err(BreachedError::Protocol);
            }
        }
        let range = String::from_utf8(range).map_err(|_| BreachedError::Protocol)?;
        // A proxy may send a page of its own with status 200.
        if range.lines().next().is_none_or(|line| count(line).is_none()) { Err(BreachedError::Protocol) } else { Ok(range) }
    }
}

/// Forty hexadecimal digits in upper case.
fn sha1(password: &Password) -> Zeroizing<String> {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.bytes());
    let mut digits = Zeroizing::new(String::with_capacity(40));
    for byte in hash.as_ref() {
        // Writing into a string does not fail.
        let _ = write!(digits, "{byte:02X}");
    }
    digits
}

/// Whether a range lists the rest of a hash. Lines with the count 0 are padding.
fn is_in(range: &str, rest: &str) -> bool {
    range.lines().filter_map(count).any(|(listed, count)| listed.eq_ignore_ascii_case(rest) && count > 0)
}

/// A line of a range: the rest of a hash, and how often it occurs in breaches.
fn count(line: &str) -> Option<(&str, u64)> {
    let (rest, count) = line.trim_end().split_once(':')?;
    let is_rest = rest.len() == 40 - PREFIX_LENGTH && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((rest, count.parse().ok()?)).filter(|_| is_rest)
}

#[cfg(test)]
mod tests {
    use super::{count, is_in, sha1};
    use crate::secret::Password;

    #[test]
    fn a_range_lists_the_rest_of_the_hashes() {
        // FIPS 180's example: SHA-1 of "abc".
        let hash = sha1(&Password::new("abc".to_owned()));
        assert_eq!(*hash, "A9993E364706816ABA3E25717850C26C9CD0D89D");
        let rest = &hash[5..];
        assert!(is_in(&format!("0000000000000000000000000000000000A:3\r\n{rest}:1\r\n"), rest));
        assert!(is_in(&format!("{}:12", rest.to_lowercase()), rest));
        assert!(!is_in(&format!("{rest}:0\r\n"), rest), "padding");
        assert!(!is_in(&format!("{}:5\r\n", &rest[1..]), rest) && !is_in("", rest) && !is_in(rest, rest));
        let not_hexadecimal = format!("{}:5", "G".repeat(rest.len()));
        assert_eq!([count(&not_hexadecimal), count("AB:5")], [None, None], "a page that is no range");
    }
}
