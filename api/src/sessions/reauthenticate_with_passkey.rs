//! Re-authentication with a passkey alone: it is two factors.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    established::Established,
    reauthenticate::{RenewError, refusal, renew},
    store,
};
use crate::{
    authentication::{VerifyPasskeyError, passkey, second_factor::Matched},
    db::Unavailable,
    principal::Principal,
    state::AppState,
};

/// Why the session was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyReauthenticateError {
    /// The passkey proved nothing.
    #[error(transparent)]
    Passkey(#[from] VerifyPasskeyError),
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

/// Verifies a passkey of the user: the session becomes fresh and gets a new secret.
pub async fn reauthenticate_with_passkey(
    state: &Arc<AppState>,
    principal: Principal,
    credential: Map<String, Value>,
) -> Result<Established, PasskeyReauthenticateError> {
    let ended = || {
        state.record(refusal(&principal, "session_over"));
        PasskeyReauthenticateError::Ended
    };
    let (session, user) = store::find_same(state.db.connection(), &principal).await?.ok_or_else(ended)?;
    let attempt = passkey::Attempt::verify(state, credential, Some(user.id)).await?;
    let renewed = renew(state, session, &user, attempt.methods, Some(Matched::Passkey(attempt.matched))).await;
    renewed.map_err(|error| match error {
        RenewError::Ended => ended(),
        RenewError::Used => VerifyPasskeyError::Used.recorded(state).into(),
        RenewError::Store(error) => error.into(),
        RenewError::Signing(error) => error.into(),
    })
}
