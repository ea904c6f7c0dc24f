//! Second factors: verifying the code of an authenticator app, or a recovery code.
//!
//! A code is compared first, and used up in the transaction that acts on it: of several requests with one code, on any nodes, one succeeds.

mod sealed;
pub(crate) mod store;

use std::sync::Arc;

use entity::{SecretHash, SessionId, UserId, user};

pub use sealed::{open, reseal, seal};

use super::passkey::{self, MatchedPasskey};
use crate::{
    audit::{Event, Record},
    db::{Scope, Unavailable},
    limits::{Account, Guessed, LimitError},
    one_time_tokens::{Notice, Occasion},
    request_context::Actor,
    requester::Requester,
    secret::{RecoveryCode, TotpStep},
    state::{AppState, Tx},
};

/// A kind of second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// The code of an authenticator app.
    Totp,
    /// A code that the user wrote down.
    RecoveryCode,
    /// A passkey.
    Passkey,
}

/// A kind of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// Of an authenticator app.
    Totp,
    /// A recovery code.
    Recovery,
}

/// Why a code proved nothing.
#[derive(Debug, thiserror::Error)]
pub enum VerifyCodeError {
    /// It is another one, has expired, or was used.
    #[error("wrong code")]
    Wrong,
    /// Too many attempts.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// What is right, and not used up yet.
#[derive(Clone, Debug)]
pub(crate) enum Matched {
    Totp(TotpStep),
    RecoveryCode(SecretHash),
    Passkey(MatchedPasskey),
}

impl Matched {
    /// Uses it up; false, or [`Unavailable::is_duplicate`], if another request did.
    pub(crate) async fn use_up(&self, tx: &Tx, user: UserId) -> Result<bool, Unavailable> {
        match self {
            Self::Totp(step) => store::take_step(tx, user, *step).await,
            Self::RecoveryCode(hash) => store::take_code(tx, user, hash).await,
            Self::Passkey(passkey) => passkey.use_up(tx, user).await,
        }
    }
}

/// What a code is typed for.
pub(crate) struct CodeAttempt<'a> {
    pub(crate) user: &'a user::Model,
    /// The live session that the request belongs to: what others try does not limit it.
    pub(crate) session: Option<SessionId>,
    pub(crate) requester: &'a Requester,
    /// What is recorded if the code is wrong.
    pub(crate) refused: Record,
}

impl CodeAttempt<'_> {
    /// Compares a code with what the user has. A wrong one counts on the limits of the account, as a wrong password does, but on limits of
    /// its own: only who knows the password can use them up.
    pub(crate) async fn verify(self, state: &Arc<AppState>, kind: CodeKind, typed: &str) -> Result<Matched, VerifyCodeError> {
        let user = self.user.id;
        match kind {
            CodeKind::Totp => self.compare(state, Guessed::AppCode, match_totp(state, user, typed)).await,
            CodeKind::Recovery => self.compare(state, Guessed::Code, match_recovery_code(state, user, typed)).await,
        }
    }

    /// The same for a comparison of the caller's.
    pub(crate) async fn compare<T>(
        self,
        state: &Arc<AppState>,
        guessed: Guessed,
        matching: impl Future<Output = Result<Option<T>, Unavailable>> + Send,
    ) -> Result<T, VerifyCodeError> {
        let (user, now) = (self.user, state.clock.now());
        state.limits.take_network(self.requester.network(), now).await?;
        let account = Account { address: &user.email_canonical, user: Some(user), session: self.session, guessed };
        let attempt = state.limits.take_account(&state.db, account, self.requester, now).await?;
        let Some(matched) = matching.await? else {
            state.record(self.refused);
            if let Some(attempt) = attempt
                && attempt.is_to_be_reported(&state.db, now).await?
            {
                report(state, user, self.requester).await?;
            }
            return Err(VerifyCodeError::Wrong);
        };
        if let Some(attempt) = attempt {
            attempt.refund(&state.db, now).await?;
        }
        Ok(matched)
    }
}

/// Tells a user that wrong codes were typed in a row after their password.
async fn report(state: &Arc<AppState>, user: &user::Model, requester: &Requester) -> Result<(), Unavailable> {
    let notice = Notice::new(state, user, Occasion::SecondFactorGuessed, requester, state.clock.now());
    let stored = state.write(Scope::Transaction, (notice, user.id), |tx, (notice, user)| {
        Box::pin(async move {
            // Who types the codes is not the user, as it seems.
            tx.record(Event::SecondFactorGuessed.of(*user).by(Actor::UNKNOWN));
            notice.store(tx).await
        })
    });
    stored.await
}

/// The kinds of second factors that a user has.
pub(crate) async fn kinds(state: &AppState, user: UserId) -> Result<Vec<Factor>, Unavailable> {
    let db = state.db.connection();
    let has_app = store::find_totp(db, user).await?.is_some_and(|row| row.confirmed_at.is_some());
    let has_codes = store::count_codes(db, user).await? > 0;
    let has_passkey = passkey::store::count(db, user).await? > 0;
    let kinds = [(has_passkey, Factor::Passkey), (has_app, Factor::Totp), (has_codes, Factor::RecoveryCode)];
    Ok(kinds.into_iter().filter(|(has, _)| *has).map(|(_, kind)| kind).collect())
}

async fn match_totp(state: &AppState, user: UserId, typed: &str) -> Result<Option<Matched>, Unavailable> {
    let row = store::find_totp(state.db.connection(), user).await?.filter(|row| row.confirmed_at.is_some());
    let Some(row) = row else { return Ok(None) };
    // Not the user's fault, so not a wrong code.
    let secret = open(&state.secrets, &row).ok_or_else(Unavailable::sealed)?;
    let step = secret.step_of(typed, state.clock.now());
    Ok(step.filter(|step| row.last_step < step.0).map(Matched::Totp))
}

async fn match_recovery_code(state: &AppState, user: UserId, typed: &str) -> Result<Option<Matched>, Unavailable> {
    let Some(hash) = RecoveryCode::parse(typed).map(|code| code.hash(user)) else { return Ok(None) };
    let is_theirs = store::has_code(state.db.connection(), user, &hash).await?;
    Ok(is_theirs.then_some(Matched::RecoveryCode(hash)))
}
