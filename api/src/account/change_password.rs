//! Changing the password: the other sessions end, this one gets a new secret.

use std::{ops::ControlFlow, sync::Arc};

use entity::{
    PasswordHash, UnixMillis,
    session::{self, EndedBecause},
    user,
};

use crate::{
    audit::Event,
    background::to_its_end,
    cache::Change,
    client::Client,
    db::{Db, Unavailable},
    hashing::Verdict,
    passwords::{BreachedError, PasswordRule},
    secret::Password,
    sessions::{self, Authenticated, Established, store::NewProof},
    state::AppState,
    users::{self, PresentError},
};

/// Why the password is still the old one.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new one breaks a rule.
    #[error("the new password breaks a rule")]
    Invalid(PasswordRule),
    /// Nobody can tell whether the new one is known from a breach.
    #[error(transparent)]
    Breached(#[from] BreachedError),
    /// The current one is another one.
    #[error("wrong password")]
    WrongPassword,
    /// The session ended while the passwords were hashed.
    #[error("the session has ended")]
    Ended,
    /// Nothing is known of the current one.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// An access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Replaces the password, ends all other sessions and renews this one: all or nothing.
pub async fn change_password(
    state: &Arc<AppState>,
    who: Authenticated,
    current: Password,
    new: Password,
    client: &Client,
) -> Result<Established, ChangePasswordError> {
    state.passwords.check(&new, &who.user.email).map_err(ChangePasswordError::Invalid)?;
    let refusal = |because| Event::PasswordChangeRefused.of(who.user.id).in_session(who.session.id).because(because);
    let refused = |because, error| {
        state.record(refusal(because));
        error
    };
    let found = sessions::store::find_same(state.db.connection(), &who).await?;
    let (session, user) = found.ok_or_else(|| refused("session_over", ChangePasswordError::Ended))?;
    let presented = users::present(state, Some(&user.email_canonical), client).await?;
    if let Verdict::Wrong = presented.verify(current, Some(user.password_hash.clone()), refusal("wrong_password")).await? {
        return Err(ChangePasswordError::WrongPassword);
    }
    // Only now: whoever does not know the password asks nobody outside, and holds no place meanwhile.
    if state.passwords.is_breached(&new).await? {
        return Err(ChangePasswordError::Invalid(PasswordRule::Breached));
    }
    let hash = state.hasher.admit(client.network()).map_err(PresentError::from)?.hash(new).await.map_err(PresentError::from)?;
    let now = state.clock.now();
    let renewal = sessions::reissue(&session, now);
    let own = Arc::clone(state);
    let changed = to_its_end(async move {
        let change = || replace(&own.db, &session, &user, &hash, &renewal.stored, now);
        let changes = match own.db.retry(change).await? {
            ControlFlow::Continue(changes) => changes,
            ControlFlow::Break(error) => return Ok(ControlFlow::Break(error)),
        };
        own.cache.announce(&changes).await;
        own.record(Event::PasswordChanged.of(user.id).in_session(session.id));
        Ok::<_, Unavailable>(ControlFlow::Continue((renewal, session, user)))
    });
    let (renewal, session, user) = match changed.await? {
        ControlFlow::Continue(changed) => changed,
        ControlFlow::Break(error) => return Err(refused("changed_meanwhile", error)),
    };
    Ok(renewal.establish(state, session, &user)?)
}

async fn replace(
    db: &Db,
    session: &session::Model,
    user: &user::Model,
    hash: &PasswordHash,
    proof: &NewProof,
    now: UnixMillis,
) -> Result<ControlFlow<ChangePasswordError, [Change; 2]>, Unavailable> {
    let transaction = db.begin().await?;
    // Somebody may have changed it meanwhile: what was proved was the old one.
    if !users::store::change_password(&transaction, user, hash.clone()).await? {
        return Ok(ControlFlow::Break(ChangePasswordError::WrongPassword));
    }
    let others = sessions::store::end_others(&transaction, user.id, session.id, EndedBecause::PasswordChanged, now).await?;
    let Some(renewed) = sessions::store::reissue(&transaction, session, proof).await? else {
        return Ok(ControlFlow::Break(ChangePasswordError::Ended));
    };
    transaction.commit().await?;
    Ok(ControlFlow::Continue([others, renewed]))
}
