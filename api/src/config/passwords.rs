//! What passwords must be, and what hashing one may cost.

use std::time::Duration;

use super::{
    reader::Reader,
    values::{duration, number},
};

/// Rules and costs. The floors of `memory_kib` and `iterations` are OWASP's for Argon2id with one lane.
#[derive(Clone, Debug)]
pub struct PasswordsConfig {
    /// The fewest code points.
    pub min_length: usize,
    /// The most bytes.
    pub max_bytes: usize,
    /// Who knows passwords from breaches, if anybody is asked.
    pub breached: Option<BreachedConfig>,
    /// What hashing one may cost.
    pub hashing: HashingCost,
}

/// Who knows passwords from breaches.
#[derive(Clone, Debug)]
pub struct BreachedConfig {
    /// What the first five digits of a SHA-1 are appended to.
    pub url: String,
    /// How long to wait for an answer.
    pub timeout: Duration,
    /// What happens without one.
    pub on_failure: OnFailure,
}

/// What happens to a new password that could not be held against breaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// It is taken: the other rules have been kept.
    Accept,
    /// It is not: 503.
    Refuse,
}

/// What hashing a password may cost.
#[derive(Clone, Debug)]
pub struct HashingCost {
    /// Argon2id's memory for one hash.
    pub memory_kib: u32,
    /// Argon2id's passes over it.
    pub iterations: u32,
    /// How many hashes run at once.
    pub workers: usize,
    /// How many may wait for a worker.
    pub queue: usize,
}

impl PasswordsConfig {
    /// What hashing costs if nothing is configured.
    pub fn default_cost() -> HashingCost {
        HashingCost { memory_kib: 19_456, iterations: 2, workers: cores(), queue: 128 }
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        let default = Self::default_cost();
        let mut count = |key, default: &str, about, range: std::ops::RangeInclusive<usize>| {
            reader.one(key, default, about, move |text| number(text, range.clone())).unwrap_or_default()
        };
        let min_length = count("passwords.min_length", "8", "The fewest characters of a new password.", 8..=64);
        let max_bytes = count("passwords.max_bytes", "1024", "The most bytes of a new password.", 64..=1024);
        let workers = count(
            "passwords.workers",
            &default.workers.to_string(),
            "How many passwords are hashed at once; the default is the number of cores.",
            1..=256,
        );
        let about = "How many passwords may wait for a worker, from one network half of them; more are told to come back.";
        let queue = count("passwords.queue", &default.queue.to_string(), about, 0..=4096);
        let mut cost = |key, default: &str, about, range: std::ops::RangeInclusive<u32>| {
            reader.one(key, default, about, move |text| number(text, range.clone())).unwrap_or_default()
        };
        let memory_kib = cost(
            "passwords.memory_kib",
            &default.memory_kib.to_string(),
            "Argon2id's memory for one hash, in KiB.",
            19_456..=4_194_304,
        );
        let iterations =
            cost("passwords.iterations", &default.iterations.to_string(), "Argon2id's passes over that memory.", 2..=64);
        let hashing = HashingCost { memory_kib, iterations, workers, queue };
        Self { min_length, max_bytes, breached: BreachedConfig::read(reader), hashing }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl BreachedConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let about = "Where new passwords are held against breaches by their hash's first five digits: https://api.pwnedpasswords.com/range/.";
        let url = reader.optional("passwords.breached_url", about, |text| {
            let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && text.ends_with('/'));
            url.map(|_| text.to_owned()).ok_or_else(|| "write an http or https URL that ends with /".to_owned())
        });
        let timeout = reader.one("passwords.breached_timeout", "1s", "How long to wait for its answer.", duration);
        let about = "What happens to a new password without its answer: `accept` it, or `refuse` it for now.";
        let on_failure = reader.one("passwords.breached_failure", "accept", about, |text| match text {
            "accept" => Ok(OnFailure::Accept),
            "refuse" => Ok(OnFailure::Refuse),
            _ => Err("write accept or refuse".to_owned()),
        });
        Some(Self { url: url?, timeout: timeout?, on_failure: on_failure? })
    }
}
