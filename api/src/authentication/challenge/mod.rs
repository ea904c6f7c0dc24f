//! Challenges: sign-ins that are proved only in part, and wait for a second factor.
//!
//! A challenge opens nothing. It serves one sign-in, for ten minutes and five codes, and is void once the credentials of the user change.

pub(crate) mod store;

use std::{fmt, sync::Arc, time::Duration};

use entity::{
    ChallengeId, Methods, UnixMillis,
    challenge::Model,
    session::Mode,
    token_grant::RefreshIn,
    user::{self, Status},
};

use super::second_factor::{self, Factor, Matched};
use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    one_time_tokens::Notice,
    random,
    secret::ChallengeToken,
    state::{AppState, Tx},
};

/// How long a challenge can be completed.
pub const VALID_FOR: Duration = Duration::from_secs(600);

/// The most codes that are compared for one challenge.
const MAX_TRIES: i32 = 5;

/// A challenge that was just issued.
#[derive(Debug)]
pub struct IssuedChallenge {
    /// For the client alone.
    pub token: ChallengeToken,
    /// How the session will be presented, and so the challenge.
    pub mode: Mode,
    /// What completes it.
    pub factors: Vec<Factor>,
    /// When it expires.
    pub expires_at: UnixMillis,
}

/// What a challenge is issued for: the first factor that was proved, and how the session will be presented.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awaited<'a> {
    pub(crate) user: &'a user::Model,
    pub(crate) methods: Methods,
    pub(crate) mode: Mode,
    pub(crate) refresh_in: Option<RefreshIn>,
    pub(crate) remember: bool,
}

/// Issues a challenge to a user who has proved the first factor.
pub(crate) async fn issue(state: &Arc<AppState>, awaited: Awaited<'_>) -> Result<IssuedChallenge, Unavailable> {
    let Awaited { user, methods, mode, refresh_in, remember } = awaited;
    let now = state.clock.now();
    let token = ChallengeToken::new(ChallengeId(random::uuid_v7(now)));
    let expires_at = now.plus(VALID_FOR);
    let row = Model {
        id: token.id,
        user_id: user.id,
        credential_epoch: user.credential_epoch,
        secret_hash: token.hash(),
        methods,
        mode,
        refresh_in,
        remember,
        tries: 0,
        expires_at,
    };
    let factors = second_factor::kinds(state, user.id).await?;
    let stored = state.write(Scope::Transaction, row, |tx, row| {
        Box::pin(async move {
            store::insert(tx, row.clone()).await?;
            tx.record(Event::SecondFactorDemanded.of(row.user_id).in_mode(row.mode));
            Ok(())
        })
    });
    stored.await?;
    Ok(IssuedChallenge { token, mode, factors, expires_at })
}

/// Which of these tokens belong to challenges that can be completed in mode `cookie`. Takes no try.
pub(crate) async fn live<'a>(state: &AppState, tokens: &'a [ChallengeToken]) -> Result<Vec<&'a ChallengeToken>, Unavailable> {
    let found = store::find_all(state.db.connection(), tokens.iter().map(|token| token.id)).await?;
    let now = state.clock.now();
    let is_live =
        |token: &&ChallengeToken| found.iter().any(|found| found.0.id == token.id && is_good(found, token, Mode::Cookie, now));
    Ok(tokens.iter().filter(is_live).collect())
}

fn is_good((row, user): &(Model, user::Model), token: &ChallengeToken, mode: Mode, now: UnixMillis) -> bool {
    token.matches(&row.secret_hash)
        && row.mode == mode
        && now < row.expires_at
        && user.status == Status::Active
        && user.credential_epoch == row.credential_epoch
}

/// The challenge of a token, and its user, if it can be completed in this mode: and one of its tries is taken.
pub(crate) async fn take_try(
    state: &Arc<AppState>,
    token: &ChallengeToken,
    mode: Mode,
) -> Result<Option<(Model, user::Model)>, Unavailable> {
    let found = store::find_all(state.db.connection(), [token.id]).await?.into_iter().next();
    let now = state.clock.now();
    let Some(found) = found.filter(|found| is_good(found, token, mode, now)) else { return Ok(None) };
    // Before the code is compared: neither a crash nor guesses in parallel give one more.
    let counted = state.write(Scope::Transaction, found.0.id, |tx, id| Box::pin(store::take_try(tx, *id, MAX_TRIES)));
    Ok(counted.await?.then_some(found))
}

/// What a session uses up when it opens, in one transaction.
#[derive(Clone)]
pub(crate) struct Redemption {
    /// The sign-in that waited for a second factor.
    pub(crate) challenge: Option<ChallengeId>,
    pub(crate) matched: Matched,
    /// The mail about a recovery code that was used.
    pub(crate) notice: Option<Notice>,
}

impl Redemption {
    /// Uses up the challenge, and what completed it; false if another request used one of them.
    pub(crate) async fn redeem(&self, tx: &Tx, user: &user::Model) -> Result<bool, Unavailable> {
        if let Some(challenge) = self.challenge
            && !store::take(tx, challenge).await?
        {
            return Ok(false);
        }
        if !self.matched.use_up(tx, user.id).await? {
            return Ok(false);
        }
        if matches!(self.matched, Matched::RecoveryCode(_)) {
            tx.record(Event::RecoveryCodeUsed.of(user.id));
        }
        match &self.notice {
            Some(notice) => notice.store(tx).await.map(|()| true),
            None => Ok(true),
        }
    }
}

impl fmt::Debug for Redemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redemption(…)")
    }
}
