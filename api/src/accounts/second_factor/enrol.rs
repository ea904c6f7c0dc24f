//! Adding an authenticator app. It counts once the user has typed one good code: a secret that did not arrive locks no user out.

use std::{sync::Arc, time::Duration};

use entity::{Method, UnixMillis, totp};
use zeroize::Zeroizing;

use super::recovery_codes::new_codes;
use crate::{
    accounts::store,
    audit::Event,
    authentication::{
        VerifyCodeError,
        second_factor::{self, CodeAttempt, open, seal},
    },
    db::{Scope, Unavailable},
    limits::Guessed,
    one_time_tokens::{Notice, Occasion},
    principal::Principal,
    requester::Requester,
    secret::{RecoveryCode, TotpSecret, TotpStep},
    sessions::{self, Established, Renewal},
    state::AppState,
};

/// How long a secret waits for its first code.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(600);

/// A secret that is not confirmed yet.
pub struct Enrolment {
    /// For a person to type into the app.
    pub secret: Zeroizing<String>,
    /// The same for a camera.
    pub uri: Zeroizing<String>,
}

/// Why no authenticator app was added.
#[derive(Debug, thiserror::Error)]
pub enum TotpError {
    /// The user has one.
    #[error("the user has an authenticator app")]
    Exists,
    /// No secret waits to be confirmed.
    #[error("no secret waits to be confirmed")]
    NotStarted,
    /// The code proved nothing.
    #[error(transparent)]
    Code(#[from] VerifyCodeError),
    /// The session ended, or another request renewed it.
    #[error("the session has ended")]
    Ended,
    /// The secret could not be sealed.
    #[error("cannot seal")]
    Sealing,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Makes a secret for an authenticator app, in the place of one that was not confirmed.
pub async fn start_totp(state: &Arc<AppState>, principal: &Principal) -> Result<Enrolment, TotpError> {
    let (user, secret) = (principal.user.id, TotpSecret::generate());
    let sealed = seal(&state.secrets, user, &secret).ok_or(TotpError::Sealing)?;
    let now = state.clock.now();
    let row = totp::Model { user_id: user, secret: sealed, last_step: 0, created_at: now, confirmed_at: None };
    let stored = state.write_or_refuse(Scope::Transaction, (principal.clone(), row), |tx, (principal, row)| {
        Box::pin(async move {
            // First the user, as everywhere. It makes two requests at the same time wait for each other.
            sessions::store::note_user_change(tx, principal.user.id).await?;
            if !sessions::store::is_still_fresh(tx, principal).await? {
                return Ok(Err(TotpError::Ended));
            }
            let is_stored = second_factor::store::put_pending(tx, row.clone()).await?;
            Ok(if is_stored { Ok(()) } else { Err(TotpError::Exists) })
        })
    });
    stored.await??;
    let uri = secret.uri(&state.config.mail.product, &principal.user.email);
    Ok(Enrolment { secret: secret.reveal(), uri })
}

/// What the user gets for the first code.
pub struct Confirmed {
    /// To write down; they are shown once.
    pub codes: Vec<RecoveryCode>,
    /// The session, in which both factors are proved now, with its new secret.
    pub renewed: Established,
}

/// Verifies the first code: from now on a sign-in needs one. The session gets a new secret.
pub async fn confirm_totp(
    state: &Arc<AppState>,
    principal: Principal,
    typed: &str,
    requester: &Requester,
) -> Result<Confirmed, TotpError> {
    let found = sessions::store::find_same(state.db.connection(), &principal).await?;
    let (session, user) = found.ok_or(TotpError::Ended)?;
    let now = state.clock.now();
    let pending = pending(state, &principal, now).await?;
    let refused = Event::SecondFactorRefused.of(user.id).in_session(session.id).because("first_code");
    let attempt = CodeAttempt { user: &user, session: Some(session.id), requester, refused };
    let step: TotpStep = attempt
        .compare(state, Guessed::Code, async { Ok(open(&state.secrets, &pending).and_then(|secret| secret.step_of(typed, now))) })
        .await?;
    let (codes, hashes) = new_codes(user.id);
    let methods = session.methods.with(Method::OneTimeCode).with(Method::MultiFactor);
    let notice = Notice::new(state, &user, Occasion::SecondFactorAdded, requester, now);
    let input = (principal, Renewal::new(&session, methods, now), session, pending, step, hashes, notice, now);
    let confirmed = state.write_or_refuse(
        Scope::Transaction,
        input,
        |tx, (principal, renewal, session, pending, step, hashes, notice, now)| {
            Box::pin(async move {
                let user = session.user_id;
                // First the user, as everywhere: a concurrent sign-in with the password alone commits before, or is refused.
                sessions::store::note_user_change(tx, user).await?;
                if !sessions::store::is_still_fresh(tx, principal).await? {
                    return Ok(Err(TotpError::Ended));
                }
                if !store::set_second_factor(tx, user, true).await?
                    || !second_factor::store::confirm(tx, pending, *step, *now).await?
                {
                    return Ok(Err(TotpError::NotStarted));
                }
                let Some(renewed) = renewal.store(tx, session).await? else { return Ok(Err(TotpError::Ended)) };
                second_factor::store::replace_codes(tx, user, hashes.clone()).await?;
                notice.store(tx).await?;
                tx.record(Event::SecondFactorAdded.of(user).in_session(session.id).because("totp"));
                Ok(Ok(renewed))
            })
        },
    );
    Ok(Confirmed { codes, renewed: confirmed.await??.establish(state, &user)? })
}

/// The secret that waits for its first code.
async fn pending(state: &AppState, principal: &Principal, now: UnixMillis) -> Result<totp::Model, TotpError> {
    let found = second_factor::store::find_totp(state.db.connection(), principal.user.id).await?.ok_or(TotpError::NotStarted)?;
    if found.confirmed_at.is_some() {
        return Err(TotpError::Exists);
    }
    if now < found.created_at.plus(CONFIRMED_WITHIN) { Ok(found) } else { Err(TotpError::NotStarted) }
}
