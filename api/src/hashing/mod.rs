//! Password hashing under load.
//!
//! Argon2id at the OWASP floor takes 19 MiB and some 20 ms of a core. It runs on a few threads of its own, each with its own memory,
//! behind a short queue. A request that does not fit is refused at once: a queue that only grows answers no request in time.

mod admission;
mod argon2id;
mod fair_order;
mod foreign;
mod measure;
mod memory;
mod queue;
mod refusal_delay;
mod worker;

use std::{fmt, sync::Arc, thread, time::Duration};

pub use admission::Admission;
use argon2::{Algorithm, Argon2, Params, Version};
use entity::PasswordHash;
use foreign::Foreign;
pub use measure::measure;
use queue::Queue;
use refusal_delay::RefusalDelay;
use worker::work;

use crate::{audit::Event, config::HashingCost, metrics::Metrics, network::ClientNetwork};

/// How long a request waits for a worker before it is refused with 503.
const HASHING_TIMEOUT: Duration = Duration::from_secs(5);

/// The most bytes of memory that an imported hash may take.
const MAX_MEMORY: u64 = 256 << 20;

/// The most bytes of memory that it may fill, all passes together: about a second.
const MAX_WORK: u64 = 2 << 30;

/// The result of a comparison.
#[derive(Debug)]
pub enum Verdict {
    /// The password is right. If its hash does not have the current parameters, `upgraded` is the one to store instead.
    Right {
        upgraded: Option<PasswordHash>,
    },
    Wrong,
}

/// Why a password was neither hashed nor verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    #[error("all password workers are busy and their queue is full")]
    Overloaded,
    #[error("a password worker failed")]
    Failed,
}

/// Hashes and verifies passwords, at most one for each worker at a time.
pub struct Hasher {
    argon2: Argon2<'static>,
    queue: Arc<Queue>,
    refusal_delay: RefusalDelay,
    metrics: Arc<Metrics>,
}

impl Hasher {
    /// Starts the workers. Fails if Argon2 does not accept the parameters.
    pub fn new(cost: &HashingCost, metrics: Arc<Metrics>) -> Result<Self, HashingError> {
        let params = Params::new(cost.memory_kib, cost.iterations, 1, None).map_err(|_| HashingError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let queue = Arc::new(Queue::new(cost.workers, cost.queue));
        let blocks = argon2.params().block_count();
        for _ in 0..cost.workers {
            let (queue, metrics) = (Arc::clone(&queue), Arc::clone(&metrics));
            let worker = thread::Builder::new().name("password".to_owned());
            worker.spawn(move || work(&queue, blocks, &metrics)).map_err(|_| HashingError::Failed)?;
        }
        Ok(Self { argon2, queue, refusal_delay: RefusalDelay::default(), metrics })
    }

    /// Takes a place in the queue; refused at once if this network may have none.
    pub fn admit(&self, network: ClientNetwork) -> Result<Admission<'_>, HashingError> {
        match self.queue.admit(network) {
            Some(place) => Ok(Admission::new(self, place)),
            None => Err(self.refuse()),
        }
    }

    /// What hashes with the current parameters begin with.
    pub fn current_prefix(&self) -> String {
        argon2id::prefix(&self.argon2)
    }

    /// How many places are taken: waiting, or with a worker.
    pub fn admitted(&self) -> usize {
        self.queue.taken()
    }

    fn refuse(&self) -> HashingError {
        self.metrics.passwords_shed.inc();
        self.metrics.record(Event::Overloaded);
        HashingError::Overloaded
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("params", self.argon2.params()).finish_non_exhaustive()
    }
}

/// What all hashes of the same cost begin with: scheme and parameters.
pub fn cost_prefix(stored: &PasswordHash) -> String {
    // Salt and hash follow them; bcrypt writes both as one field.
    let fields: Vec<_> = stored.0.split('$').collect();
    let rest = if Foreign::of(&stored.0) == Some(Foreign::Bcrypt) { 1 } else { 2 };
    let parameters = fields.len().saturating_sub(rest);
    let prefix = format!("{}$", fields[..parameters].join("$"));
    // A value that is no hash shares its prefix with no other.
    if stored.0.starts_with(&prefix) { prefix } else { stored.0.clone() }
}

/// Whether a stored hash can be verified here, within the limits of cost.
pub fn can_verify(stored: &str) -> bool {
    Foreign::of(stored).map_or_else(|| argon2id::is_usable(stored), |foreign| foreign.is_usable(stored))
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, sync::Arc};

    use entity::PasswordHash;

    use super::{ClientNetwork, Hasher, HashingCost, HashingError, Verdict, can_verify};
    use crate::secret::Password;

    const HERE: ClientNetwork = ClientNetwork::Local;

    fn cheap() -> HashingCost {
        HashingCost { memory_kib: 64, iterations: 1, workers: 1, queue: 8 }
    }

    fn password(typed: &str) -> Password {
        Password::new(typed.to_owned())
    }

    async fn verify(hasher: &Hasher, typed: &str, stored: &str) -> Verdict {
        hasher.admit(HERE).unwrap().verify(password(typed), Some(PasswordHash(stored.to_owned()))).await.unwrap().0
    }

    /// A worker replies first and frees the place then.
    async fn empty(hasher: &Hasher) {
        while hasher.admitted() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn asvs_6_2_8_verified_exactly_as_received() {
        let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
        let long = "a".repeat(72);
        for (set, tried) in [
            ("correct horse", "correct horse "),
            ("correct horse", "Correct horse"),
            (long.as_str(), &format!("{long}b")),
            ("e\u{301}clair-au-cafe", "\u{e9}clair-au-cafe"),
            ("ｆullwidth", "fullwidth"),
        ] {
            let hash = hasher.admit(HERE).unwrap().hash(password(set)).await.unwrap();
            assert!(matches!(verify(&hasher, set, &hash.0).await, Verdict::Right { upgraded: None }));
            assert!(matches!(verify(&hasher, tried, &hash.0).await, Verdict::Wrong), "{set} / {tried}");
        }
    }

    #[tokio::test]
    async fn a_missing_hash_costs_one_hash_and_no_password_matches() {
        let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
        let verdict = hasher.admit(HERE).unwrap().verify(password("correct horse"), None).await;
        assert!(matches!(verdict, Ok((Verdict::Wrong, _))));
        assert_eq!(hasher.metrics.passwords_hashed.get(), 1);
    }

    /// Each made by other software: bcrypt's vectors of Openwall, RFC 7914 section 12, Python's hashlib and argon2-cffi.
    #[tokio::test]
    async fn hashes_of_other_software_verify_and_are_replaced() {
        let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
        for (typed, stored) in [
            ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            (
                "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
                "$2y$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
            ),
            (
                "pleaseletmein",
                "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
            ),
            ("passwd", "$pbkdf2-sha256$i=10000,l=32$c2FsdCBvZiAxNiBieXRlcw$HYodgw4f/Hz55Z25gn/H8sBugvkuj4Qhu6N0heuW5Qc"),
            ("passwd", "$pbkdf2-sha512$i=10000,l=32$c2FsdCBvZiAxNiBieXRlcw$jkc5kyG1HuGdkY+UMru5muzzaLn4yJIR5bMfkhJTPY4"),
            ("passwd", "$pbkdf2-sha512$10000$c2FsdCBvZiAxNiBieXRlcw$jkc5kyG1HuGdkY.UMru5muzzaLn4yJIR5bMfkhJTPY4"),
            ("password", "$argon2i$v=19$m=4096,t=3,p=4$c2FsdCBvZiAxNiBieXRlcw$coKvBdITiGs4SoueRFmnlG9cYSif28HWTZY3JU64Vks"),
            ("password", "$argon2i$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A"),
        ] {
            assert!(can_verify(stored), "{stored}");
            let Verdict::Right { upgraded: Some(new) } = verify(&hasher, typed, stored).await else { panic!("{stored}") };
            assert!(new.0.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
            assert!(matches!(verify(&hasher, typed, &new.0).await, Verdict::Right { upgraded: None }));
            assert!(matches!(verify(&hasher, "something else", stored).await, Verdict::Wrong), "{stored}");
        }
    }

    #[tokio::test]
    async fn asvs_11_2_5_a_corrupt_hash_accepts_no_password() {
        let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
        for corrupt in ["", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$AAAA", "plain", "$2b$", "$scrypt$", "$pbkdf2-sha256$i=1$$"] {
            assert!(matches!(verify(&hasher, corrupt, corrupt).await, Verdict::Wrong), "{corrupt}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn c_20_a_full_queue_refuses_at_once_and_serves_the_rest() {
        let hasher = Hasher::new(&HashingCost { memory_kib: 8192, ..cheap() }, Arc::default()).unwrap();
        let admitted: Vec<_> = std::iter::from_fn(|| hasher.admit(HERE).ok()).collect();
        assert_eq!((admitted.len(), hasher.metrics.passwords_shed.get()), (5, 1), "half of nine places, rounded up");
        let stranger = ClientNetwork::V4(Ipv4Addr::LOCALHOST);
        assert!(hasher.admit(stranger).is_ok(), "another network always finds a place");
        let all = futures_util::future::join_all(admitted.iter().map(|one| one.hash(password("correct horse")))).await;
        assert!(all.iter().all(Result::is_ok), "every admitted request is served");
        drop(admitted);
        empty(&hasher).await;
    }

    #[tokio::test]
    async fn c_39_a_worker_that_panics_serves_the_next_request() {
        let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
        let place = hasher.admit(HERE).unwrap();
        let panicked = place.run(|_| panic!("as a bug would")).await;
        assert_eq!(panicked, Err::<(), _>(HashingError::Failed));
        drop(place);
        assert!(hasher.admit(HERE).unwrap().hash(password("correct horse")).await.is_ok());
        empty(&hasher).await;
    }
}
