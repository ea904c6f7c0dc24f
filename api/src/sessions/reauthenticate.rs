//! Re-authentication: the user proves the password again, and the session becomes fresh.

use std::sync::Arc;

use super::{established::Established, renew::Renewal, store};
use crate::{
    audit::Event,
    authentication::{self, PasswordAttempt, VerifyPasswordError},
    db::{Scope, Unavailable},
    principal::Principal,
    requester::Requester,
    secret::Password,
    state::AppState,
};

/// Why the session was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum ReauthenticateError {
    /// The password proved nothing.
    #[error(transparent)]
    Password(#[from] VerifyPasswordError),
    /// The session ended, or another request renewed it.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Verifies the password again: the session becomes fresh and gets a new secret.
pub async fn reauthenticate(
    state: &Arc<AppState>,
    principal: Principal,
    password: Password,
    requester: &Requester,
) -> Result<Established, ReauthenticateError> {
    let refusal = |because| Event::ReauthenticationRefused.of(principal.user.id).in_session(principal.session.id).because(because);
    let ended = || {
        state.record(refusal("session_over"));
        ReauthenticateError::Ended
    };
    let (session, user) = store::find_same(state.db.connection(), &principal).await?.ok_or_else(ended)?;
    let attempt = PasswordAttempt::begin_in_session(state, &session, &user, requester).await.map_err(VerifyPasswordError::from)?;
    let hash = authentication::store::find_hash(state.db.connection(), user.id).await?;
    attempt.verify(password, hash, refusal("wrong_password")).await?;
    let renewal = Renewal::new(&session, state.clock.now());
    let renewed = state.write(Scope::Transaction, (renewal, session), |tx, (renewal, session)| {
        Box::pin(async move {
            let renewed = renewal.store(tx, session).await?;
            if renewed.is_some() {
                tx.record(Event::Reauthenticated.of(session.user_id).in_session(session.id));
            }
            Ok(renewed)
        })
    });
    Ok(renewed.await?.ok_or_else(ended)?.establish(state, &user)?)
}
