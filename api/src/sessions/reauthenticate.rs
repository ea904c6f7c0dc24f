//! Re-authentication: the user proves again who they are, with all the factors they have. The session becomes fresh.

use std::sync::Arc;

use entity::{Method, Methods, session, user};

use super::{established::Established, renew::Renewal, store};
use crate::{
    audit::{Event, Record},
    authentication::{
        self, CodeKind, PasswordAttempt, VerifyCodeError, VerifyPasswordError,
        second_factor::{CodeAttempt, Matched},
    },
    db::{Scope, Unavailable},
    principal::Principal,
    requester::Requester,
    secret::Password,
    state::AppState,
};

/// Why a session got no new secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenewError {
    #[error("the session has ended")]
    Ended,
    #[error("the proof was used")]
    Used,
    #[error(transparent)]
    Store(#[from] Unavailable),
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
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
    let refusal = |because| refusal(&principal, because);
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
            Some(attempt.verify(state, CodeKind::Totp, typed).await?)
        }
    };
    let password = Methods::only(Method::Password);
    let proved = if code.is_some() { password.with(Method::OneTimeCode).with(Method::MultiFactor) } else { password };
    renew(state, session, &user, proved, code).await.map_err(|error| match error {
        RenewError::Ended => ended(),
        RenewError::Used => {
            state.record(refusal("wrong_code"));
            VerifyCodeError::Wrong.into()
        }
        RenewError::Store(error) => error.into(),
        RenewError::Signing(error) => error.into(),
    })
}

pub(super) fn refusal(principal: &Principal, because: &'static str) -> Record {
    Event::ReauthenticationRefused.of(principal.user.id).in_session(principal.session.id).because(because)
}

/// Uses up what was proved, and gives the session a new secret.
pub(super) async fn renew(
    state: &Arc<AppState>,
    session: session::Model,
    user: &user::Model,
    proved: Methods,
    matched: Option<Matched>,
) -> Result<Established, RenewError> {
    let input = (Renewal::new(&session, session.methods.and(proved), state.clock.now()), session, matched);
    let renewed = state.write_or_refuse(Scope::Transaction, input, |tx, (renewal, session, matched)| {
        Box::pin(async move {
            let Some(renewed) = renewal.store(tx, session).await? else { return Ok(Err(RenewError::Ended)) };
            if let Some(matched) = matched
                && !matched.use_up(tx, session.user_id).await?
            {
                return Ok(Err(RenewError::Used));
            }
            tx.record(Event::Reauthenticated.of(session.user_id).in_session(session.id));
            Ok(Ok(renewed))
        })
    });
    match renewed.await {
        // Another request used the signature of the passkey.
        Err(error) if error.is_duplicate() => Err(RenewError::Used),
        renewed => Ok(renewed??.establish(state, user)?),
    }
}
