//! Completing a sign-in with a second factor.

use std::sync::Arc;

use entity::{Method, session::Mode, token_grant::RefreshIn};

use super::{
    end::{PresentedCredential, sessions_of},
    established::Established,
    open::{Delivery, OpenError, Opening, open},
};
use crate::{
    audit::Event,
    authentication::{
        Factor, Proof, VerifyCodeError,
        challenge::{self, Redemption},
        second_factor::CodeAttempt,
    },
    db::Unavailable,
    one_time_tokens::{Notice, Occasion},
    requester::Requester,
    secret::{ChallengeToken, DeviceToken},
    state::AppState,
};

/// What completes a sign-in.
pub struct CompleteSignIn<'a> {
    /// The challenge, as the client presents it.
    pub token: &'a str,
    /// The mode whose challenges are presented this way.
    pub mode: Mode,
    /// Which kind of code.
    pub factor: Factor,
    /// As typed.
    pub code: &'a str,
    /// Where the request came from.
    pub requester: Requester,
    /// The credentials that the request carries. Their sessions end, as in a sign-in.
    pub presented: Vec<PresentedCredential>,
}

/// Why the user is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum CompleteSignInError {
    /// The challenge was used, has expired, has no tries left, is void, or was never issued.
    #[error("the challenge is not valid")]
    Challenge,
    /// The code proved nothing.
    #[error(transparent)]
    Code(#[from] VerifyCodeError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Verifies the code, and opens the session that the challenge stands for. Of several requests with one challenge or one code, on any nodes,
/// one opens a session.
pub async fn complete_sign_in(
    state: &Arc<AppState>,
    request: CompleteSignIn<'_>,
) -> Result<(Established, DeviceToken), CompleteSignInError> {
    let CompleteSignIn { token, mode, factor, code, requester, presented } = request;
    let refused = |because| {
        state.record(Event::SecondFactorRefused.because(because));
        CompleteSignInError::Challenge
    };
    let token = ChallengeToken::parse(token).ok_or_else(|| refused("challenge"))?;
    let found = challenge::take_try(state, &token, mode).await?;
    let (challenge, user) = found.ok_or_else(|| refused("challenge"))?;
    let refused_code = Event::SecondFactorRefused.of(user.id).because("wrong_code");
    let attempt = CodeAttempt { user: &user, session: None, requester: &requester, refused: refused_code.clone() };
    let code = attempt.verify(state, factor, code).await?;
    let replaces = sessions_of(state, &presented).await?;
    let now = state.clock.now();
    let notice = match factor {
        Factor::Totp => None,
        Factor::RecoveryCode => Some(Notice::new(state, &user, Occasion::RecoveryCodeUsed, &requester, now)),
    };
    let delivery = match challenge.mode {
        Mode::Cookie => Delivery::Cookie,
        Mode::Token => Delivery::Tokens(challenge.refresh_in.unwrap_or(RefreshIn::Body)),
    };
    let methods = challenge.methods.with(Method::OneTimeCode).with(Method::MultiFactor);
    let redeems = Some(Redemption { challenge: challenge.id, code, notice });
    let proof = Proof { user, methods, at: now, redeems };
    let opening = Opening { delivery, remember: challenge.remember, requester: requester.clone(), replaces };
    match Box::pin(open(state, &proof, opening)).await {
        Ok(established) => {
            let device = state.limits.trust_device(&requester.devices, &proof.user, proof.at);
            Ok((established, device))
        }
        // The credentials changed while the code was verified.
        Err(OpenError::Stale) => Err(refused("void")),
        Err(OpenError::Used) => {
            state.record(refused_code);
            Err(VerifyCodeError::Wrong.into())
        }
        Err(OpenError::Store(error)) => Err(error.into()),
        Err(OpenError::Signing(error)) => Err(error.into()),
    }
}
