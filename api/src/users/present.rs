//! Presenting a password: the one way to have one verified, whatever it is for.

use std::time::Instant;

use entity::PasswordHash;

use crate::{
    audit::Record,
    client::Client,
    db::Unavailable,
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
    place: Admission<'a>,
    attempt: Option<Attempt>,
    since: Instant,
}

/// Takes a place, and an attempt at an account by its canonical address. What can be no address has no limit of its own: there is
/// nothing to guess.
pub async fn present<'a>(state: &'a AppState, account: Option<&str>, client: &Client) -> Result<Presented<'a>, PresentError> {
    let now = state.clock.now();
    // In the order of what they cost: a flood ends before it reaches the database, and who is told to come back has used up nothing.
    let place = state.hasher.admit(client.network())?;
    state.limits.take_network(client.network(), now).await?;
    let attempt = match account {
        Some(account) => state.limits.take_account(&state.db, account, client, now).await?,
        None => None,
    };
    Ok(Presented { state, place, attempt, since: Instant::now() })
}

impl Presented<'_> {
    /// Compares with a stored hash; with none, the password is wrong, and it takes as long. A right one costs no attempt; a wrong one
    /// is recorded, and told at a pace that depends neither on the hash nor on what is known of somebody.
    pub async fn verify(self, password: Password, stored: Option<PasswordHash>, refused: Record) -> Result<Verdict, PresentError> {
        let Self { state, place, attempt, since } = self;
        let looking_up = since.elapsed();
        let compared = place.verify(password, stored).await;
        // Whatever comes now, somebody else may be served meanwhile.
        drop(place);
        let (verdict, during) = compared?;
        match verdict {
            Verdict::Right { .. } => {
                if let Some(attempt) = attempt {
                    attempt.refund(&state.db, state.clock.now()).await?;
                }
            }
            Verdict::Wrong => {
                drop(attempt);
                state.record(refused);
                // From when the hash began: what it leaves in the caches delays whoever hears that it is done.
                state.hasher.delay_refusal(during.start, looking_up).await;
            }
        }
        Ok(verdict)
    }
}
