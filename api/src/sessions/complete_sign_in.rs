//! Completing a sign-in with a second factor.

use std::sync::Arc;

use entity::{Method, Methods, session::Mode, token_grant::RefreshIn, user};
use serde_json::{Map, Value};

use super::{
    end::{PresentedCredential, sessions_of},
    established::Established,
    open::{Delivery, OpenError, Opening, open},
};
use crate::{
    audit::Event,
    authentication::{
        CodeKind, Proof, VerifyCodeError, VerifyPasskeyError,
        challenge::{self, Redemption},
        passkey,
        second_factor::{CodeAttempt, Matched},
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
    /// Where the request came from.
    pub requester: Requester,
    /// The credentials that the request carries. Their sessions end, as in a sign-in.
    pub presented: Vec<PresentedCredential>,
}

/// Why the user is not signed in. `E` says why the answer proved nothing.
#[derive(Debug, thiserror::Error)]
pub enum CompleteSignInError<E> {
    /// The challenge was used, has expired, has no tries left, is void, or was never issued.
    #[error("the challenge is not valid")]
    Challenge,
    /// The answer proved nothing.
    #[error("{0}")]
    Answer(E),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Verifies a code, as typed, and opens the session that the challenge stands for. Of several requests with one challenge or one code, on any
/// nodes, one opens a session.
pub async fn complete_sign_in(
    state: &Arc<AppState>,
    request: CompleteSignIn<'_>,
    kind: CodeKind,
    typed: &str,
) -> Result<(Established, DeviceToken), CompleteSignInError<VerifyCodeError>> {
    let (challenge, user) = take_try(state, &request).await?;
    let wrong_code = Event::SecondFactorRefused.of(user.id).because("wrong_code");
    let attempt = CodeAttempt { user: &user, session: None, requester: &request.requester, refused: wrong_code.clone() };
    let matched = attempt.verify(state, kind, typed).await.map_err(CompleteSignInError::Answer)?;
    let proved = Methods::only(Method::OneTimeCode).with(Method::MultiFactor);
    finish(state, request, challenge, user, (matched, proved), || {
        state.record(wrong_code);
        VerifyCodeError::Wrong
    })
    .await
}

/// The same with what the browser returned for a passkey of the user.
pub async fn complete_sign_in_with_passkey(
    state: &Arc<AppState>,
    request: CompleteSignIn<'_>,
    credential: Map<String, Value>,
) -> Result<(Established, DeviceToken), CompleteSignInError<VerifyPasskeyError>> {
    let (challenge, user) = take_try(state, &request).await?;
    let attempt = passkey::Attempt::verify(state, credential, Some(user.id)).await.map_err(CompleteSignInError::Answer)?;
    let proved = (Matched::Passkey(attempt.matched), attempt.methods);
    finish(state, request, challenge, user, proved, || VerifyPasskeyError::Used.recorded(state)).await
}

fn refused<E>(state: &AppState, because: &'static str) -> CompleteSignInError<E> {
    state.record(Event::SecondFactorRefused.because(because));
    CompleteSignInError::Challenge
}

async fn take_try<E>(
    state: &Arc<AppState>,
    request: &CompleteSignIn<'_>,
) -> Result<(entity::challenge::Model, user::Model), CompleteSignInError<E>> {
    let token = ChallengeToken::parse(request.token).ok_or_else(|| refused(state, "challenge"))?;
    let found = challenge::take_try(state, &token, request.mode).await?;
    found.ok_or_else(|| refused(state, "challenge"))
}

/// Opens the session, and uses up what was proved. `was_used` says what it means that another request did.
async fn finish<E>(
    state: &Arc<AppState>,
    request: CompleteSignIn<'_>,
    challenge: entity::challenge::Model,
    user: user::Model,
    (matched, proved): (Matched, Methods),
    was_used: impl FnOnce() -> E,
) -> Result<(Established, DeviceToken), CompleteSignInError<E>> {
    let CompleteSignIn { requester, presented, .. } = request;
    let replaces = sessions_of(state, &presented).await?;
    let now = state.clock.now();
    let is_recovery = matches!(matched, Matched::RecoveryCode(_));
    let notice = is_recovery.then(|| Notice::new(state, &user, Occasion::RecoveryCodeUsed, &requester, now));
    let delivery = match challenge.mode {
        Mode::Cookie => Delivery::Cookie,
        Mode::Token => Delivery::Tokens(challenge.refresh_in.unwrap_or(RefreshIn::Body)),
    };
    let methods = challenge.methods.and(proved);
    let redeems = Some(Redemption { challenge: Some(challenge.id), matched, notice });
    let proof = Proof { user, methods, at: now, redeems };
    let opening = Opening { delivery, remember: challenge.remember, requester: requester.clone(), replaces };
    match Box::pin(open(state, &proof, opening)).await {
        Ok(established) => {
            let device = state.limits.trust_device(&requester.devices, &proof.user, proof.at);
            Ok((established, device))
        }
        // The credentials changed while the answer was verified.
        Err(OpenError::Stale) => Err(refused(state, "void")),
        Err(OpenError::Used) => Err(CompleteSignInError::Answer(was_used())),
        Err(OpenError::Store(error)) => Err(error.into()),
        Err(OpenError::Signing(error)) => Err(error.into()),
    }
}
