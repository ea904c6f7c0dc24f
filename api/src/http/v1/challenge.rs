//! Completing a sign-in with a second factor.

use entity::session;
use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, types::Example};

use super::{
    model::SignedIn,
    second_step::{EXAMPLE_TOKEN, Factor},
    session::signed_in_on,
    tag::Tag,
};
use crate::{
    authentication::VerifyCodeError,
    http::{
        request::{
            State,
            body::Body,
            cookie_parameter::{ChallengeCookie, DeviceCookie},
        },
        response::{
            cookies, credential_cookies,
            problem::{ErrorResponse, problems},
            reply::{Reply, WithCookies},
        },
    },
    limits::LimitError,
    requester::Requester,
    sessions::{self, Choice, CompleteSignIn, CompleteSignInError},
};

/// Completing a sign-in.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct CompleteSignInRequest {
    /// Mode `token`: the `token` of the challenge.
    #[oai(validator(max_length = 256))]
    token: Option<String>,
    factor: Factor,
    /// As typed: spaces, hyphens and case do not matter.
    #[oai(validator(max_length = 64))]
    code: String,
    /// The device token of an earlier sign-in on this device.
    #[oai(validator(max_length = 256))]
    device_token: Option<String>,
}

impl Example for CompleteSignInRequest {
    fn example() -> Self {
        Self { token: Some(EXAMPLE_TOKEN.to_owned()), factor: Factor::Totp, code: "287082".to_owned(), device_token: None }
    }
}

problems!(VerifyCodeError {
    VerifyCodeError::Wrong => WrongCode,
    VerifyCodeError::Limit(error) => (LimitError: error),
    VerifyCodeError::Store(error) => Unavailable.log(&error),
});

problems!(CompleteSignInError {
    CompleteSignInError::Challenge => InvalidChallenge,
    CompleteSignInError::Code(error) => (VerifyCodeError: error),
    CompleteSignInError::Store(error) => Unavailable.log(&error),
    CompleteSignInError::Signing(error) => InternalError.log(&error),
});

/// Why `completeSignIn` did not sign the user in.
#[derive(Debug, thiserror::Error)]
enum CompleteRequestError {
    /// Two challenge cookies, each of which can be completed.
    #[error("two challenges")]
    Ambiguous,
    /// The user is not signed in.
    #[error(transparent)]
    Complete(#[from] CompleteSignInError),
}

problems!(CompleteRequestError {
    CompleteRequestError::Ambiguous => AmbiguousCredentials,
    CompleteRequestError::Complete(error) => (CompleteSignInError: error),
});

pub(in crate::http) struct ChallengeApi;

#[OpenApi(prefix_path = "/v1/session/challenge", tag = "Tag::Session")]
impl ChallengeApi {
    /// Complete a sign-in
    ///
    /// Verifies a code of the second factor that the 202 of `signIn` demanded, and answers as `signIn` does without one. Mode `cookie` reads
    /// the challenge from its cookie, mode `token` from the body. A code is good for one sign-in.
    #[oai(path = "/", method = "post", operation_id = "completeSignIn")]
    async fn complete(
        &self,
        state: State<'_>,
        #[oai(name = "challenge")] _challenge: ChallengeCookie,
        #[oai(name = "device")] _device: DeviceCookie,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<CompleteSignInRequest>,
    ) -> Result<WithCookies<Reply<200, SignedIn>>, ErrorResponse<CompleteRequestError>> {
        let Body(CompleteSignInRequest { token, factor, code, device_token }) = body;
        let requester = requester.on_device(device_token.as_deref());
        let (mode, token) = if let Some(token) = &token {
            (session::Mode::Token, token.as_str())
        } else {
            let values = cookies::distinct(headers, state.config.callers.get().cookies.challenge_name);
            let chosen = sessions::choose_challenge(&state, &values).await.map_err(CompleteSignInError::Store);
            match chosen.map_err(CompleteRequestError::Complete)? {
                None => (session::Mode::Cookie, ""),
                Some(Choice::One(value)) => (session::Mode::Cookie, value),
                Some(Choice::Ambiguous) => return Err(CompleteRequestError::Ambiguous.into()),
            }
        };
        let presented = credential_cookies::presented(headers);
        let request = CompleteSignIn { token, mode, factor: factor.into(), code: &code, requester, presented };
        let (established, device) = sessions::complete_sign_in(&state, request).await.map_err(CompleteRequestError::Complete)?;
        let WithCookies(reply, mut cookies) = signed_in_on(&device, headers, &state, established);
        cookies.extend(credential_cookies::clear_challenge(headers, &state));
        Ok(WithCookies(reply, cookies))
    }
}
