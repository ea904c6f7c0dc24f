//! Signing in with a passkey alone: it is two factors.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    end::{PresentedCredential, sessions_of},
    established::Established,
    open::{Delivery, OpenError, Opening, open},
};
use crate::{
    authentication::{Proof, VerifyPasskeyError, challenge::Redemption, passkey, second_factor::Matched},
    db::Unavailable,
    requester::Requester,
    secret::DeviceToken,
    state::AppState,
};

/// What a user signs in with.
pub struct PasskeySignIn {
    /// What the browser returned.
    pub credential: Map<String, Value>,
    /// Whether to stay signed in.
    pub remember: bool,
    /// How the session is presented.
    pub delivery: Delivery,
    /// Where the request came from.
    pub requester: Requester,
    /// The credentials that the request carries. Their sessions end, as in a sign-in with a password.
    pub presented: Vec<PresentedCredential>,
}

/// Why the user is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum PasskeySignInError {
    /// The passkey proved nothing, or its user may not sign in.
    #[error(transparent)]
    Passkey(#[from] VerifyPasskeyError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Verifies the signature, and opens a session. No limit counts the attempts: a signature cannot be guessed, and verifying one costs less
/// than the connection that brings it.
pub async fn sign_in_with_passkey(
    state: &Arc<AppState>,
    request: PasskeySignIn,
) -> Result<(Established, DeviceToken), PasskeySignInError> {
    let PasskeySignIn { credential, remember, delivery, requester, presented } = request;
    let passkey::Attempt { user, methods, matched } = passkey::Attempt::verify(state, credential, None).await?;
    let replaces = sessions_of(state, &presented).await?;
    let redeems = Some(Redemption { challenge: None, matched: Matched::Passkey(matched), notice: None });
    let proof = Proof { user, methods, at: state.clock.now(), redeems };
    let opening = Opening { delivery, remember, requester: requester.clone(), replaces };
    match Box::pin(open(state, &proof, opening)).await {
        Ok(established) => {
            let device = state.limits.trust_device(&requester.devices, &proof.user, proof.at);
            Ok((established, device))
        }
        // The user is disabled, or the passkey was used or removed while it was verified.
        Err(OpenError::Stale | OpenError::Used) => Err(VerifyPasskeyError::Used.recorded(state).into()),
        Err(OpenError::Store(error)) => Err(error.into()),
        Err(OpenError::Signing(error)) => Err(error.into()),
    }
}
