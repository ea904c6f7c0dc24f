//! What those who have a place get: a hash, or a verdict.

use std::{sync::Arc, time::Instant};

use entity::PasswordHash;
use tokio::{sync::oneshot, time::timeout};

use super::{
    Hasher, HashingError, PATIENCE, Verdict,
    argon2id::{hash, is_of, made_with},
    foreign::Foreign,
    memory::Memory,
    queue::Place,
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

    /// Compares with a stored hash. With none (nobody has that name) it takes as long as with one, and the password is wrong.
    pub async fn verify(&self, password: Password, stored: Option<PasswordHash>) -> Result<Verdict, HashingError> {
        let (argon2, pace) = (self.hasher.argon2.clone(), Arc::clone(&self.hasher.pace));
        self.run(move |memory| {
            let Some(stored) = stored else {
                hash(memory, &argon2, &password)?;
                return Ok(Verdict::Wrong);
            };
            let begun = Instant::now();
            let right = match Foreign::parse(&stored.0) {
                Some(foreign) => foreign.is_of(&password, &stored.0),
                None => is_of(memory, &password, &stored).unwrap_or(false),
            };
            let is_of_today = made_with(&argon2, &stored);
            if !is_of_today {
                pace.note(begun.elapsed());
            }
            if !right {
                return Ok(Verdict::Wrong);
            }
            let upgraded = if is_of_today { None } else { Some(hash(memory, &argon2, &password)?) };
            Ok(Verdict::Right { upgraded })
        })
        .await?
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        let (tell, told) = oneshot::channel();
        let work = Box::new(move |memory: &mut Memory| drop(tell.send(work(memory))));
        let _waiting = self.hasher.queue.submit(Arc::clone(&self.place), work);
        match timeout(PATIENCE, told).await {
            Ok(Ok(done)) => {
                self.hasher.metrics.passwords_hashed.inc();
                Ok(done)
            }
            Ok(Err(_)) => Err(HashingError::Failed),
            Err(_) => Err(self.hasher.refuse()),
        }
    }
}
