//! Hashing and verifying one password, by a request that has a place in the queue.

use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use argon2::Argon2;
use entity::PasswordHash;
use tokio::{sync::oneshot, time::timeout};

use super::{
    argon2id::{hash, is_of, made_with},
    error::HashingError,
    foreign::Foreign,
    hasher::Hasher,
    memory::Memory,
    queue::{Place, Reply},
    stored::is_within_bounds,
};
use crate::{network::ClientNetwork, secret::Password};

/// How long a request waits for a worker before it is refused with 503.
const HASHING_TIMEOUT: Duration = Duration::from_secs(5);

/// The result of a comparison.
#[derive(Debug)]
pub enum Verdict {
    /// The password is right. If its hash does not have the current parameters, `upgraded` is the one to store instead.
    Right {
        upgraded: Option<PasswordHash>,
    },
    Wrong,
}

/// A place in the queue of passwords to hash. Dropping it leaves the queue.
pub struct Admission<'a> {
    hasher: &'a Hasher,
    place: Arc<Place>,
}

impl Hasher {
    /// Takes a place in the queue; refused at once if this network may have none.
    pub fn admit(&self, network: ClientNetwork) -> Result<Admission<'_>, HashingError> {
        match self.queue.admit(network) {
            Some(place) => Ok(Admission { hasher: self, place }),
            None => Err(self.refuse()),
        }
    }
}

impl Admission<'_> {
    /// Returns the hash to store: that of the password in NFC.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        let argon2 = self.hasher.argon2.clone();
        self.run(move |memory| hash(memory, &argon2, &password.normalized())).await?
    }

    /// Compares with a stored hash, and returns when that began and ended. Without a hash (the account does not exist) it takes as long as
    /// with a current one, and the password is wrong.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<PasswordHash>,
    ) -> Result<(Verdict, Range<Instant>), HashingError> {
        let argon2 = self.hasher.argon2.clone();
        self.run(move |memory| {
            let begun = Instant::now();
            let verdict = compare(memory, &argon2, &password, stored.as_ref())?;
            Ok((verdict, begun..Instant::now()))
        })
        .await?
    }

    /// Waits for a worker, at most [`HASHING_TIMEOUT`]; and then for its result.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        let (reply, mut replied) = oneshot::channel();
        let work = Box::new(move |memory: &mut Memory| {
            let done = catch_unwind(AssertUnwindSafe(|| work(memory))).map_err(|_| memory.discard());
            Box::new(move || drop(reply.send(done))) as Reply
        });
        let waiting = self.hasher.queue.submit(Arc::clone(&self.place), work);
        let done = match timeout(HASHING_TIMEOUT, &mut replied).await {
            Ok(done) => done,
            Err(_) if waiting.leave() => return Err(self.hasher.refuse()),
            // The work has begun.
            Err(_) => replied.await,
        };
        // Without a reply, the job was displaced by one of another network.
        let done = done.map_err(|_| self.hasher.refuse())??;
        self.hasher.trail.metrics.passwords_hashed.inc();
        Ok(done)
    }
}

/// Compares the password as received, and in NFC if that differs: keyboards type `é` as one code point or as two.
fn compare(
    memory: &mut Memory,
    argon2: &Argon2<'_>,
    password: &Password,
    stored: Option<&PasswordHash>,
) -> Result<Verdict, HashingError> {
    let normalized = password.normalized();
    for form in std::iter::once(password).chain((normalized != *password).then_some(&normalized)) {
        let Some(stored) = matching(memory, argon2, form, stored)? else { continue };
        let is_current = made_with(argon2, stored) && *form == normalized;
        let upgraded = if is_current { None } else { Some(hash(memory, argon2, &normalized)?) };
        return Ok(Verdict::Right { upgraded });
    }
    Ok(Verdict::Wrong)
}

/// The stored hash, if it belongs to the password. Without one that may be verified, the comparison takes as long as with a current one.
fn matching<'a>(
    memory: &mut Memory,
    argon2: &Argon2<'_>,
    password: &Password,
    stored: Option<&'a PasswordHash>,
) -> Result<Option<&'a PasswordHash>, HashingError> {
    let Some(stored) = stored.filter(|stored| is_within_bounds(&stored.0)) else {
        hash(memory, argon2, password)?;
        return Ok(None);
    };
    let is_right = match Foreign::of(&stored.0) {
        Some(foreign) => {
            let is_right = foreign.is_of(password, &stored.0);
            if !is_right {
                memory.sweep();
            }
            is_right
        }
        None => is_of(memory, password, stored)?,
    };
    Ok(is_right.then_some(stored))
}
