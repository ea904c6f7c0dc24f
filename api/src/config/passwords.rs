//! Password rules and hashing cost.

use std::time::Duration;

use super::{
    reader::Reader,
    values::{duration, number, secure_url},
};

/// Password rules and hashing cost. The minimum of `memory_kib` and `iterations` is OWASP's for Argon2id with one lane.
#[derive(Clone, Debug)]
pub struct PasswordsConfig {
    /// Minimum length in code points.
    pub min_length: usize,
    /// Maximum length in bytes.
    pub max_bytes: usize,
    /// The service that knows breached passwords, if one is configured.
    pub breached: Option<BreachedConfig>,
    pub hashing: HashingCost,
}

/// A service that knows breached passwords.
#[derive(Clone, Debug)]
pub struct BreachedConfig {
    /// The URL to which the first five digits of a SHA-1 hash are appended.
    pub url: String,
    pub timeout: Duration,
    pub on_failure: OnFailure,
}

/// What happens to a new password when the breach check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// It is accepted: it satisfies all other rules.
    Accept,
    /// It is refused with 503.
    Refuse,
}

/// The cost of hashing a password.
#[derive(Clone, Debug)]
pub struct HashingCost {
    pub memory_kib: u32,
    pub iterations: u32,
    /// How many hashes run concurrently.
    pub workers: usize,
    /// How many requests may wait for a worker.
    pub queue: usize,
}

impl PasswordsConfig {
    /// The defaults.
    pub fn default_cost() -> HashingCost {
        HashingCost { memory_kib: 19_456, iterations: 2, workers: cores(), queue: 128 }
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        let default = Self::default_cost();
        let mut count = |key, default: &str, about, range: std::ops::RangeInclusive<usize>| {
            reader.one(key, default, about, move |text| number(text, range.clone())).unwrap_or_default()
        };
        let min_length = count("passwords.min_length", "8", "Minimum number of characters of a new password.", 8..=64);
        let max_bytes = count("passwords.max_bytes", "1024", "Maximum number of bytes of a new password.", 64..=1024);
        let workers = count(
            "passwords.workers",
            &default.workers.to_string(),
            "Number of passwords hashed concurrently. Default: the number of cores.",
            1..=256,
        );
        let about = "Number of passwords that may wait for a worker, at most half of them from one network. Further requests get 503 with `Retry-After`.";
        let queue = count("passwords.queue", &default.queue.to_string(), about, 0..=4096);
        let mut cost = |key, default: &str, about, range: std::ops::RangeInclusive<u32>| {
            reader.one(key, default, about, move |text| number(text, range.clone())).unwrap_or_default()
        };
        let memory_kib = cost(
            "passwords.memory_kib",
            &default.memory_kib.to_string(),
            "Argon2id memory for one hash, in KiB.",
            19_456..=4_194_304,
        );
        let iterations = cost("passwords.iterations", &default.iterations.to_string(), "Argon2id iterations.", 2..=64);
        let hashing = HashingCost { memory_kib, iterations, workers, queue };
        Self { min_length, max_bytes, breached: BreachedConfig::read(reader), hashing }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl BreachedConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let about = "Service that checks new passwords for breaches by the first five digits of their SHA-1 hash: https://api.pwnedpasswords.com/range/.";
        let url = reader.optional("passwords.breached_url", about, |text| {
            let url = secure_url(text)?;
            if url.path().ends_with('/') && text.ends_with('/') { Ok(text.to_owned()) } else { Err("must end with /".to_owned()) }
        });
        let timeout = reader.one("passwords.breached_timeout", "1s", "Timeout of the breach check.", duration);
        let about = "What happens to a new password when the breach check fails: `accept` or `refuse` (503).";
        let on_failure = reader.one("passwords.breached_failure", "accept", about, |text| match text {
            "accept" => Ok(OnFailure::Accept),
            "refuse" => Ok(OnFailure::Refuse),
            _ => Err("write accept or refuse".to_owned()),
        });
        Some(Self { url: url?, timeout: timeout?, on_failure: on_failure? })
    }
}
