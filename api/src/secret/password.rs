//! Passwords, and the pool that hashes them.
//!
//! Argon2id at the OWASP floor takes 19 MiB and some 20 ms of a core. So hashing runs on as many blocking workers as there are
//! cores, behind a short queue; what does not fit is refused at once, because a queue that only grows answers nobody.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use entity::PasswordHash;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::random;

/// A password as received: no trimming, no normalisation, no case folding (ASVS 6.2.8). Cannot be printed; wiped when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// What is wrong with a password that somebody wants to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRule {
    /// Fewer code points than this.
    TooShort(usize),
    /// More bytes than this.
    TooLong(usize),
}

impl Password {
    /// Takes what a person typed.
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// Whether it may become somebody's password: the fewest code points, the most bytes.
    pub fn check(&self, min_length: usize, max_bytes: usize) -> Result<(), PasswordRule> {
        if self.0.chars().take(min_length).count() < min_length {
            return Err(PasswordRule::TooShort(min_length));
        }
        if self.0.len() > max_bytes {
            return Err(PasswordRule::TooLong(max_bytes));
        }
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
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

/// What a hash says of a password.
#[derive(Debug)]
pub enum Verdict {
    /// It is the one. If the hash was made with other parameters than today's, here is one to store instead.
    Right {
        /// The hash to store.
        upgraded: Option<PasswordHash>,
    },
    /// It is not.
    Wrong,
}

/// Why nothing was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    /// All workers are busy and the queue is full.
    #[error("all password workers are busy and their queue is full")]
    Overloaded,
    /// A worker failed; nothing is known of the password.
    #[error("a password worker failed")]
    Failed,
}

/// Hashes and verifies passwords, never more at once than it has workers.
#[derive(Debug)]
pub struct Hasher {
    argon2: Argon2<'static>,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    nobodys: PasswordHash,
}

impl Hasher {
    /// Fails if Argon2 does not take the parameters.
    pub fn new(cost: &HashingCost) -> Result<Self, HashingError> {
        let params = Params::new(cost.memory_kib, cost.iterations, 1, None).map_err(|_| HashingError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // Nobody knows this password: it is what the password of an unknown user is compared with.
        let nobodys = hash(&argon2, &random::bytes::<32>())?;
        Ok(Self { argon2, slots: Arc::new(Semaphore::new(cost.workers)), waiting: AtomicUsize::new(0), queue: cost.queue, nobodys })
    }

    /// Makes the hash to store.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        let argon2 = self.argon2.clone();
        self.run(move || hash(&argon2, password.bytes())).await?
    }

    /// Compares with a stored hash. With none (nobody has that name) it takes as long as with one, and the password is wrong.
    pub async fn verify(&self, password: Password, stored: Option<PasswordHash>) -> Result<Verdict, HashingError> {
        let argon2 = self.argon2.clone();
        let someone = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobodys.clone());
        self.run(move || {
            if argon2.verify_password(password.bytes(), stored.0.as_str()).is_err() || !someone {
                return Ok(Verdict::Wrong);
            }
            let upgraded = if made_with(&argon2, &stored) { None } else { Some(hash(&argon2, password.bytes())?) };
            Ok(Verdict::Right { upgraded })
        })
        .await?
    }

    /// Runs `work` on a worker. The slot goes with the work: a client that hangs up does not free it early.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashingError> {
        let slot = self.slot().await?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(slot);
            done
        })
        .await
        .map_err(|_| HashingError::Failed)
    }

    async fn slot(&self) -> Result<OwnedSemaphorePermit, HashingError> {
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return Ok(slot);
        }
        let _place = Place::take(&self.waiting, self.queue).ok_or(HashingError::Overloaded)?;
        Arc::clone(&self.slots).acquire_owned().await.map_err(|_| HashingError::Failed)
    }
}

/// A place in the queue, given back when it is left: served or hung up.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, queue: usize) -> Option<Self> {
        waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < queue).then_some(n + 1)).ok().map(|_| Self(waiting))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<PasswordHash, HashingError> {
    let hash = argon2.hash_password_with_salt(password, &random::bytes::<16>()).map_err(|_| HashingError::Failed)?;
    Ok(PasswordHash(hash.to_string()))
}

/// Whether a stored hash carries today's algorithm, version and parameters.
fn made_with(argon2: &Argon2<'_>, stored: &PasswordHash) -> bool {
    let params = argon2.params();
    let today = format!("$argon2id$v=19$m={},t={},p={}$", params.m_cost(), params.t_cost(), params.p_cost());
    stored.0.starts_with(&today)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Hasher, HashingCost, HashingError, Password, PasswordRule, Verdict};

    fn cheap() -> HashingCost {
        HashingCost { memory_kib: 64, iterations: 1, workers: 1, queue: 4 }
    }

    fn password(typed: &str) -> Password {
        Password::new(typed.to_owned())
    }

    #[test]
    fn asvs_6_2_1_length_counts_code_points_up_and_bytes_down() {
        assert_eq!(password("1234567").check(8, 1024), Err(PasswordRule::TooShort(8)));
        assert_eq!(password("12345678").check(8, 1024), Ok(()));
        assert_eq!(password("🐎🐎🐎🐎🐎🐎🐎").check(8, 1024), Err(PasswordRule::TooShort(8)));
        assert_eq!(password("🐎🐎🐎🐎🐎🐎🐎🐎").check(8, 1024), Ok(()));
        assert_eq!(password(&"🐎".repeat(256)).check(8, 1024), Ok(()));
        assert_eq!(password(&format!("{}x", "🐎".repeat(256))).check(8, 1024), Err(PasswordRule::TooLong(1024)));
        assert_eq!(password("        ").check(8, 1024), Ok(()), "ASVS 6.2.5: any composition");
    }

    #[tokio::test]
    async fn asvs_6_2_8_verified_exactly_as_received() {
        let hasher = Hasher::new(&cheap()).unwrap();
        let long = "a".repeat(72);
        for (set, tried) in [
            ("correct horse", "correct horse "),
            ("correct horse", "Correct horse"),
            (long.as_str(), &format!("{long}b")),
            ("e\u{301}clair-au-cafe", "\u{e9}clair-au-cafe"),
            ("ｆullwidth", "fullwidth"),
        ] {
            let hash = hasher.hash(password(set)).await.unwrap();
            assert!(matches!(hasher.verify(password(set), Some(hash.clone())).await, Ok(Verdict::Right { upgraded: None })));
            assert!(matches!(hasher.verify(password(tried), Some(hash)).await, Ok(Verdict::Wrong)), "{set} / {tried}");
        }
    }

    #[tokio::test]
    async fn nobody_has_a_password() {
        let hasher = Hasher::new(&cheap()).unwrap();
        assert!(matches!(hasher.verify(password("anything at all"), None).await, Ok(Verdict::Wrong)));
    }

    #[tokio::test]
    async fn asvs_11_2_2_a_hash_of_other_parameters_is_replaced() {
        let old = Hasher::new(&cheap()).unwrap().hash(password("correct horse")).await.unwrap();
        let hasher = Hasher::new(&HashingCost { iterations: 2, ..cheap() }).unwrap();
        let Ok(Verdict::Right { upgraded: Some(new) }) = hasher.verify(password("correct horse"), Some(old)).await else {
            panic!("an old hash still verifies, and is replaced")
        };
        assert!(new.0.starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
        assert!(matches!(hasher.verify(password("correct horse"), Some(new)).await, Ok(Verdict::Right { upgraded: None })));
    }

    #[tokio::test]
    async fn asvs_11_2_5_a_corrupt_hash_accepts_nothing() {
        let hasher = Hasher::new(&cheap()).unwrap();
        for corrupt in ["", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$AAAA", "plain"] {
            let stored = entity::PasswordHash(corrupt.to_owned());
            assert!(matches!(hasher.verify(password(corrupt), Some(stored)).await, Ok(Verdict::Wrong)), "{corrupt}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn c_20_a_full_queue_refuses_at_once_and_serves_the_rest() {
        let hasher = Arc::new(Hasher::new(&HashingCost { memory_kib: 8192, ..cheap() }).unwrap());
        let flood: Vec<_> = (0..50)
            .map(|_| {
                tokio::spawn({
                    let hasher = Arc::clone(&hasher);
                    async move { hasher.hash(password("correct horse")).await }
                })
            })
            .collect();
        let (mut served, mut refused) = (0, 0);
        for one in flood {
            match one.await.unwrap() {
                Ok(_) => served += 1,
                Err(HashingError::Overloaded) => refused += 1,
                Err(HashingError::Failed) => panic!("no worker fails"),
            }
        }
        assert!(served >= 5, "one working, four waiting: {served}");
        assert!(refused >= 1, "the rest is refused: {refused}");
        assert!(hasher.hash(password("correct horse")).await.is_ok(), "and afterwards there is room again");
    }

    #[test]
    fn debug_shows_no_password() {
        assert_eq!(format!("{:?}", password("hunter2secret")), "Password(…)");
        assert!(!format!("{:?}", Hasher::new(&cheap()).unwrap()).contains("$argon2id"));
    }
}
