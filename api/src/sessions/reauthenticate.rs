//! Re-authentication: the user proves the password again, and the second factor if they have one. The session becomes fresh.

use std::sync::Arc;

use entity::Method;

use super::{established::Established, renew::Renewal, store};
use crate::{
    audit::Event,
    authentication::{self, Factor, PasswordAttempt, VerifyCodeError, VerifyPasswordError, second_factor::CodeAttempt},
    db::{Scope, Unavailable},
    principal::Principal,
    requester::Requester,
    secret::Password,
    state::AppState,
};

/// Why the transaction was rolled back.
enum Refused {
    Ended,
    Used,
}

/// Why the session was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum ReauthenticateError {
    /// The password proved nothing.
    #[error(transparent)]
    Password(#[from] VerifyPasswordError),
    /// The user has a second factor, and no code was given.
    #[error("a code is demanded")]
    SecondFactorRequired,
    /// The code proved nothing.
    #[error(transparent)]
    Code(#[from] VerifyCodeError),
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

/// Verifies the password again, and the code of a user who has a second factor: the session becomes fresh and gets a new secret.
pub async fn reauthenticate(
    state: &Arc<AppState>,
    principal: Principal,
    password: Password,
    totp: Option<&str>,
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
    let code = match totp {
        None if user.second_factor => {
            state.record(refusal("no_code"));
            return Err(ReauthenticateError::SecondFactorRequired);
        }
        None => None,
        Some(typed) => {
            let refused = refusal("wrong_code");
            let attempt = CodeAttempt { user: &user, session: Some(session.id), requester, refused };
            Some(attempt.verify(state, Factor::Totp, typed).await?)
        }
    };
    let proved = session.methods.with(Method::Password);
    let methods = if code.is_some() { proved.with(Method::OneTimeCode).with(Method::MultiFactor) } else { proved };
    let input = (Renewal::new(&session, methods, state.clock.now()), session, code);
    let renewed = state.write_or_refuse(Scope::Transaction, input, |tx, (renewal, session, code)| {
        Box::pin(async move {
            let Some(renewed) = renewal.store(tx, session).await? else { return Ok(Err(Refused::Ended)) };
            if let Some(code) = code
                && !code.use_up(tx, session.user_id).await?
            {
                return Ok(Err(Refused::Used));
            }
            tx.record(Event::Reauthenticated.of(session.user_id).in_session(session.id));
            Ok(Ok(renewed))
        })
    });
    let renewed = renewed.await?.map_err(|refused| match refused {
        Refused::Ended => ended(),
        Refused::Used => {
            state.record(refusal("wrong_code"));
            VerifyCodeError::Wrong.into()
        }
    });
    Ok(renewed?.establish(state, &user)?)
}
