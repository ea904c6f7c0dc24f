//! Signing in with a password.

use std::sync::Arc;

use entity::session::Mode;

use super::{
    end::{PresentedCredential, sessions_of},
    established::Established,
    open::{Delivery, OpenError, Opening, open},
};
use crate::{
    authentication::{
        AttemptError, IssuedChallenge, VerifyPasswordError,
        challenge::{self, Awaited},
        prove_password,
    },
    db::Unavailable,
    email_address::EmailAddress,
    hashing::HashingError,
    requester::Requester,
    secret::{DeviceToken, Password},
    state::AppState,
};

/// A sign-in starts over this often if the user's credentials change while it verifies the password.
const ATTEMPTS: usize = 3;

/// What a user signs in with.
pub struct SignIn<'a> {
    /// As typed. Text that is no address is treated as an unknown one.
    pub email: &'a str,
    /// As typed.
    pub password: Password,
    /// Whether to stay signed in.
    pub remember: bool,
    /// How the session is presented.
    pub delivery: Delivery,
    /// Where the request came from.
    pub requester: Requester,
    /// The credentials that the request carries. Their sessions end: an attacker may have planted one.
    pub presented: Vec<PresentedCredential>,
}

/// Why the user is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown address, wrong password or disabled user. The client learns no more.
    #[error("wrong e-mail address or password")]
    InvalidCredentials,
    /// The password was not verified.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

impl From<VerifyPasswordError> for SignInError {
    fn from(error: VerifyPasswordError) -> Self {
        match error {
            VerifyPasswordError::Wrong => Self::InvalidCredentials,
            VerifyPasswordError::Attempt(error) => Self::Attempt(error),
        }
    }
}

/// What a right password leads to.
#[derive(Debug)]
pub enum SignedIn {
    /// A session. The account trusts the device from now on.
    Session(Established, DeviceToken),
    /// The user has a second factor.
    Challenge(IssuedChallenge),
}

/// Verifies the password, and opens a session or, for a user with a second factor, issues a challenge.
pub async fn sign_in(state: &Arc<AppState>, request: SignIn<'_>) -> Result<SignedIn, SignInError> {
    let SignIn { email, password, remember, delivery, requester, presented } = request;
    let address = EmailAddress::parse_stored(email);
    for _ in 0..ATTEMPTS {
        // Boxed: while a request waits for a hashing worker it holds no more memory than it must.
        let proof = Box::pin(prove_password(state, address.as_ref(), password.clone(), &requester)).await?;
        if proof.user.second_factor {
            let (mode, refresh_in) = match delivery {
                Delivery::Cookie => (Mode::Cookie, None),
                Delivery::Tokens(refresh_in) => (Mode::Token, Some(refresh_in)),
            };
            let awaited = Awaited { user: &proof.user, methods: proof.methods, mode, refresh_in, remember };
            return Ok(SignedIn::Challenge(Box::pin(challenge::issue(state, awaited)).await?));
        }
        let replaces = Box::pin(sessions_of(state, &presented)).await?;
        let opening = Opening { delivery, remember, requester: requester.clone(), replaces };
        match Box::pin(open(state, &proof, opening)).await {
            Ok(established) => {
                let device = state.limits.trust_device(&requester.devices, &proof.user, proof.at);
                return Ok(SignedIn::Session(established, device));
            }
            // The credentials changed while the password was verified. It may be another one now.
            Err(OpenError::Stale | OpenError::Used) => {}
            Err(OpenError::Store(error)) => return Err(error.into()),
            Err(OpenError::Signing(error)) => return Err(error.into()),
        }
    }
    Err(AttemptError::from(HashingError::Overloaded).into())
}
