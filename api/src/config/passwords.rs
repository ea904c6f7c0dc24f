//! What passwords must be, and what hashing one may cost.

use super::{reader::Reader, values::number};
/// Rules and costs. The floors of `memory_kib` and `iterations` are OWASP's for Argon2id with one lane.
#[derive(Clone, Debug)]
pub struct PasswordsConfig {
    /// The fewest code points.
    pub min_length: usize,
    /// The most bytes.
    pub max_bytes: usize,
    /// What hashing one may cost.
    pub hashing: HashingCost,
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
        Self { min_length, max_bytes, hashing: HashingCost { memory_kib, iterations, workers, queue } }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
