//! Verifying a password. Sign-in, re-authentication and a password change use the same code.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use entity::{
    Method, Methods, PasswordHash, session,
    user::{self, Status},
};

use super::{proof::Proof, store};
use crate::{
    audit::{Event, Record},
    db::{Scope, Unavailable},
    email_address::EmailAddress,
    hashing::{Admission, HashingError, Verdict},
    limits::{Account, Attempt, LimitError},
    requester::Requester,
    secret::Password,
    state::AppState,
};

/// Why a password was not verified: nothing is known of it.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// Too many attempts.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// No worker verified it.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

impl From<Unavailable> for AttemptError {
    fn from(error: Unavailable) -> Self {
        Self::Limit(error.into())
    }
}

/// Why a password proved nothing.
#[derive(Debug, thiserror::Error)]
pub enum VerifyPasswordError {
    /// It is another one, there is no such user, or the user may not sign in.
    #[error("wrong password")]
    Wrong,
    /// It was not verified.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
}

/// A password that waits to be verified: it has a place in the hashing queue, and takes one attempt of the account's.
pub struct PasswordAttempt<'a> {
    state: &'a AppState,
    place: Admission<'a>,
    attempt: Option<Attempt>,
    /// How long it took to find the account.
    lookup: Duration,
    since: Instant,
}

impl<'a> PasswordAttempt<'a> {
    /// Takes a place, and one attempt of the network's.
    async fn begin(state: &'a AppState, requester: &Requester) -> Result<Self, AttemptError> {
        // In the order of cost: a flood ends before it reaches the database, and a refused request has used up nothing.
        let place = state.hasher.admit(requester.network())?;
        state.limits.take_network(requester.network(), state.clock.now()).await?;
        Ok(Self { state, place, attempt: None, lookup: Duration::ZERO, since: Instant::now() })
    }

    /// The same, and one attempt of the account's for its live session, which no other device can use up.
    pub async fn begin_in_session(
        state: &'a AppState,
        session: &session::Model,
        user: &user::Model,
        requester: &Requester,
    ) -> Result<Self, AttemptError> {
        let mut attempt = Self::begin(state, requester).await?;
        attempt.take(Account::of_password(&user.email_canonical, Some(user), Some(session.id)), requester).await?;
        Ok(attempt)
    }

    /// Takes one attempt of the account's. Text that is no address has no account to guess at, and no limit of its own.
    async fn take(&mut self, account: Account<'_>, requester: &Requester) -> Result<(), AttemptError> {
        // The wait for other attempts at the account is no part of it.
        self.lookup = self.since.elapsed();
        self.attempt = self.state.limits.take_account(&self.state.db, account, requester, self.state.clock.now()).await?;
        self.since = Instant::now();
        Ok(())
    }

    /// Compares the password with a stored hash, and returns the hash to replace it by if that one has old parameters. Without a
    /// stored hash the password is wrong, which takes as long. A right password refunds its attempt. A wrong one is recorded, and
    /// answered after a delay that depends neither on the hash nor on what is known of the user.
    pub async fn verify(
        self,
        password: Password,
        stored: Option<PasswordHash>,
        refused: Record,
    ) -> Result<Option<PasswordHash>, VerifyPasswordError> {
        let Self { state, place, attempt, lookup, since } = self;
        let lookup = lookup + since.elapsed();
        let compared = place.verify(password, stored).await;
        // The place is free for the next password from here on.
        drop(place);
        let (verdict, during) = compared.map_err(AttemptError::from)?;
        match verdict {
            Verdict::Right { upgraded } => {
                if let Some(attempt) = attempt {
                    attempt.refund(&state.db, state.clock.now()).await.map_err(AttemptError::from)?;
                }
                Ok(upgraded)
            }
            Verdict::Wrong => {
                drop(attempt);
                state.record(refused);
                // Counted from when the hash began: what it leaves in the processor's caches delays the answer.
                state.hasher.delay_refusal(during.start, lookup).await;
                Err(VerifyPasswordError::Wrong)
            }
        }
    }
}

/// Verifies an address and a password.
pub async fn prove_password(
    state: &Arc<AppState>,
    address: Option<&EmailAddress>,
    password: Password,
    requester: &Requester,
) -> Result<Proof, VerifyPasswordError> {
    let mut attempt = PasswordAttempt::begin(state, requester).await?;
    let found = match address {
        Some(address) => store::find_by_address(state.db.connection(), address).await.map_err(AttemptError::from)?,
        None => None,
    };
    if let Some(address) = address {
        let user = found.as_ref().map(|(user, _)| user);
        attempt.take(Account::of_password(address.canonical(), user, None), requester).await?;
    }
    let refused = refusal(found.as_ref().map(|(user, _)| user));
    // The password of a disabled user is not compared with their hash, but takes as long and costs as much.
    let (user, hash) = found.filter(|(user, _)| user.status == Status::Active).unzip();
    let hash = hash.flatten();
    let upgraded = attempt.verify(password, hash.clone(), refused).await?;
    let user = user.ok_or(VerifyPasswordError::Wrong)?;
    if let (Some(old), Some(new)) = (hash, upgraded) {
        // Boxed: few sign-ins replace a hash, and all would set the memory aside.
        Box::pin(rehash(state, &user, old, new)).await;
    }
    Ok(Proof::new(user, Methods::only(Method::Password), state.clock.now()))
}

/// Why a user is not signed in if the password proves nothing: for the log alone.
fn refusal(found: Option<&user::Model>) -> Record {
    match found {
        None => Event::SignInRefused.because("unknown_address"),
        Some(user) if user.status != Status::Active => Event::SignInRefused.of(user.id).because("disabled"),
        Some(user) => Event::SignInRefused.of(user.id).because("wrong_password"),
    }
}

/// Replaces a hash by one with today's parameters. If that fails, the next sign-in tries again.
async fn rehash(state: &Arc<AppState>, user: &user::Model, old: PasswordHash, new: PasswordHash) {
    let rehashed = state
        .write(Scope::Transaction, (user.id, old, new), |tx, (user, old, new)| Box::pin(store::upgrade_hash(tx, *user, old, new)));
    if let Err(error) = rehashed.await {
        tracing::warn!(%error, "a password hash was not replaced; the next sign-in tries again");
    }
}
