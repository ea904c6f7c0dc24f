//! Presenting a password: the one way to have one verified, whatever it is for.

use std::time::Instant;

use entity::PasswordHash;

use crate::{
    client::Client,
    db::Unavailable,
    email_address::EmailAddress,
    hashing::{Admission, HashingError, Verdict},
    limits::{Attempt, LimitError},
    secret::Password,
    state::AppState,
};

/// Why a password was not verified: nothing is known of it.
#[derive(Debug, thiserror::Error)]
pub enum PresentError {
    /// Too many attempts.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// No worker for the password.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

impl From<Unavailable> for PresentError {
    fn from(error: Unavailable) -> Self {
        Self::Limit(error.into())
    }
}

/// A password on its way to be verified, with a place in the queue and one attempt taken.
pub struct Presented<'a> {
    state: &'a AppState,
    admission: Admission<'a>,
    attempt: Option<Attempt>,
    since: Instant,
}

/// Takes a place and an attempt. An address that cannot exist has no limit of its own: there is nothing to guess.
pub async fn present<'a>(
    state: &'a AppState,
    account: Option<&EmailAddress>,
    client: &Client,
) -> Result<Presented<'a>, PresentError> {
    let (network, now) = (client.network(), state.clock.now());
    // In the order of what they cost: a flood ends before it reaches the database.
    state.limits.take_network(network, now).await?;
    let admission = state.hasher.admit(network)?;
    let attempt = match account {
        Some(account) => state.limits.take_account(&state.db, account, client, now).await?,
        None => None,
    };
    Ok(Presented { state, admission, attempt, since: Instant::now() })
}

impl Presented<'_> {
    /// Compares with a stored hash; with none, the password is wrong, and it takes as long. A right one costs no attempt. A wrong one is
    /// told at a pace that does not depend on the hash.
    pub async fn verify(&mut self, password: Password, stored: Option<PasswordHash>) -> Result<Verdict, PresentError> {
        let verdict = self.admission.verify(password, stored).await?;
        match verdict {
            Verdict::Wrong => tokio::time::sleep(self.state.hasher.wait_to_refuse(self.since.elapsed())).await,
            Verdict::Right { .. } => {
                if let Some(attempt) = self.attempt.take() {
                    self.state.limits.give_back(&self.state.db, &attempt, self.state.clock.now()).await?;
                }
            }
        }
        Ok(verdict)
    }

    /// Makes the hash of a new password, in the same place.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, PresentError> {
        Ok(self.admission.hash(password).await?)
    }
}
