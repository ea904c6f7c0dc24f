//! What those who have a place get: a hash, or a verdict.

use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use argon2::Argon2;
use entity::PasswordHash;
use tokio::{sync::oneshot, time::timeout};

use super::{
    Hasher, HashingError, PATIENCE, Verdict,
    argon2id::{hash, is_of, made_with},
    foreign::Foreign,
    memory::Memory,
    queue::{Place, Tell},
};
use crate::secret::Password;

/// A place among those whose passwords are hashed. Dropping it leaves the queue.
pub struct Admission<'a> {
    hasher: &'a Hasher,
    place: Arc<Place>,
}

impl<'a> Admission<'a> {
    pub(super) fn new(hasher: &'a Hasher, place: Arc<Place>) -> Self {
        Self { hasher, place }
    }

    /// Makes the hash to store.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        let argon2 = self.hasher.argon2.clone();
        self.run(move |memory| hash(memory, &argon2, &password)).await?
    }

    /// Compares with a stored hash, and tells from when to when. With none (nobody has that name) it takes as long as with one of
    /// today, and the password is wrong.
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

    /// Waits for a worker, not for ever; and for what it does, since nobody begins what nobody waits for.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        let (tell, mut told) = oneshot::channel();
        let work = Box::new(move |memory: &mut Memory| {
            let done = catch_unwind(AssertUnwindSafe(|| work(memory))).map_err(|_| memory.give_up());
            Box::new(move || drop(tell.send(done))) as Tell
        });
        let waiting = self.hasher.queue.submit(Arc::clone(&self.place), work);
        let done = match timeout(PATIENCE, &mut told).await {
            Ok(done) => done,
            Err(_) if waiting.leave() => return Err(self.hasher.refuse()),
            // It has begun.
            Err(_) => told.await,
        };
        // Nothing comes if somebody new needed the place.
        let done = done.map_err(|_| self.hasher.refuse())??;
        self.hasher.metrics.passwords_hashed.inc();
        Ok(done)
    }
}

fn compare(
    memory: &mut Memory,
    argon2: &Argon2<'_>,
    password: &Password,
    stored: Option<&PasswordHash>,
) -> Result<Verdict, HashingError> {
    let Some(stored) = stored else {
        hash(memory, argon2, password)?;
        return Ok(Verdict::Wrong);
    };
    let right = match Foreign::of(&stored.0) {
        Some(foreign) => {
            let right = foreign.is_of(password, &stored.0);
            if !right {
                memory.sweep();
            }
            right
        }
        None => is_of(memory, password, stored)?,
    };
    if !right {
        return Ok(Verdict::Wrong);
    }
    let upgraded = if made_with(argon2, stored) { None } else { Some(hash(memory, argon2, password)?) };
    Ok(Verdict::Right { upgraded })
}
