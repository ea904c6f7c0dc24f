//! Adding a passkey. It is a second factor too: from then on a sign-in with the password needs one.

use std::sync::Arc;

use entity::{SecretHash, passkey, session};
use serde_json::{Map, Value};

use crate::{
    accounts::{second_factor::new_codes, store},
    audit::Event,
    authentication::{
        VerifyPasskeyError,
        passkey::{self as passkeys, MAX_PASSKEYS, NewPasskey},
        second_factor,
    },
    db::{Scope, Unavailable},
    one_time_tokens::{Notice, Occasion},
    principal::Principal,
    requester::Requester,
    secret::RecoveryCode,
    sessions::{self, Established, Renewal},
    state::{AppState, Tx},
};

/// Why no passkey was added.
#[derive(Debug, thiserror::Error)]
pub enum RegisterPasskeyError {
    /// The answer of the browser proves nothing.
    #[error(transparent)]
    Passkey(#[from] VerifyPasskeyError),
    /// The passkey was added before: by this answer, or by another one.
    #[error("the passkey exists")]
    Exists,
    /// The user has as many as a user can have.
    #[error("the user has too many passkeys")]
    TooMany,
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

/// What a browser answered.
pub struct NewPasskeyRequest {
    /// The new credential.
    pub credential: Map<String, Value>,
    /// What the user calls it; by default the name of the program that keeps it.
    pub name: Option<String>,
}

/// What the user gets.
pub struct Registered {
    /// The passkey.
    pub passkey: passkey::Model,
    /// If it is the first second factor: to write down, they are shown once.
    pub codes: Option<Vec<RecoveryCode>>,
    /// The session, in which the passkey is proved now, with its new secret.
    pub renewed: Established,
}

/// Adds a passkey. The session gets a new secret: making the passkey has proved it.
pub async fn register_passkey(
    state: &Arc<AppState>,
    principal: Principal,
    request: NewPasskeyRequest,
    requester: &Requester,
) -> Result<Registered, RegisterPasskeyError> {
    let found = sessions::store::find_same(state.db.connection(), &principal).await?;
    let (session, user) = found.ok_or(RegisterPasskeyError::Ended)?;
    let new = passkeys::verify_registration(state, request.credential, user.id, session.id, request.name)?;
    let (codes, hashes) = new_codes(user.id);
    let now = state.clock.now();
    let renewal = Renewal::new(&session, session.methods.and(new.methods), now);
    let notice = Notice::new(state, &user, Occasion::PasskeyAdded, requester, now);
    let passkey = new.row.clone();
    let input = (principal.clone(), renewal, session, new, hashes, notice);
    let stored = state.write_or_refuse(Scope::Transaction, input, |tx, (principal, renewal, session, new, hashes, notice)| {
        Box::pin(async move {
            // First the user, as everywhere: a concurrent sign-in with the password alone commits before, or is refused.
            sessions::store::note_user_change(tx, session.user_id).await?;
            if !sessions::store::is_still_fresh(tx, principal).await? {
                return Ok(Err(RegisterPasskeyError::Ended));
            }
            let is_first = match add(tx, session, new, hashes).await? {
                Ok(is_first) => is_first,
                Err(error) => return Ok(Err(error)),
            };
            let Some(renewed) = renewal.store(tx, session).await? else { return Ok(Err(RegisterPasskeyError::Ended)) };
            notice.store(tx).await?;
            tx.record(Event::SecondFactorAdded.of(session.user_id).in_session(session.id).because("passkey"));
            Ok(Ok((renewed, is_first)))
        })
    });
    let (renewed, is_first) = match stored.await {
        Err(error) if error.is_duplicate() => return Err(RegisterPasskeyError::Exists),
        stored => stored??,
    };
    Ok(Registered { passkey, codes: is_first.then_some(codes), renewed: renewed.establish(state, &user)? })
}

/// Stores a passkey, and the recovery codes if the user has none. Returns whether those were stored.
async fn add(
    tx: &Tx,
    session: &session::Model,
    new: &NewPasskey,
    hashes: &[SecretHash],
) -> Result<Result<bool, RegisterPasskeyError>, Unavailable> {
    let user = session.user_id;
    if !store::set_second_factor(tx, user, true).await? {
        return Ok(Err(RegisterPasskeyError::Ended));
    }
    if passkeys::store::count(tx.connection(), user).await? >= MAX_PASSKEYS {
        return Ok(Err(RegisterPasskeyError::TooMany));
    }
    passkeys::store::use_challenge(tx, &new.spent).await?;
    let is_first = !second_factor::store::has_any(tx, user).await?;
    passkeys::store::insert(tx, new.row.clone()).await?;
    if is_first {
        second_factor::store::replace_codes(tx, user, hashes.to_vec()).await?;
    }
    Ok(Ok(is_first))
}
