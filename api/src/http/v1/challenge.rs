//! Completing a sign-in with a second factor.

use std::fmt::Display;

use entity::session;
use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, types::Example};

use super::{
    model::SignedIn,
    second_step::{CodeFactor, EXAMPLE_TOKEN},
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
            problem::{ErrorResponse, IntoProblem, Problem, ProblemCode, problems},
            reply::{Reply, WithCookies},
        },
    },
    limits::LimitError,
    requester::Requester,
    secret::DeviceToken,
    sessions::{self, Choice, CompleteSignIn, CompleteSignInError, Established},
    state::AppState,
};

/// Completing a sign-in.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct CompleteSignInRequest {
    /// Mode `token`: the `token` of the challenge.
    #[oai(validator(max_length = 256))]
    token: Option<String>,
    factor: CodeFactor,
    /// As typed: spaces, hyphens and case do not matter.
    #[oai(validator(max_length = 64))]
    code: String,
    /// The device token of an earlier sign-in on this device.
    #[oai(validator(max_length = 256))]
    device_token: Option<String>,
}

impl Example for CompleteSignInRequest {
    fn example() -> Self {
        Self { token: Some(EXAMPLE_TOKEN.to_owned()), factor: CodeFactor::Totp, code: "287082".to_owned(), device_token: None }
    }
}

problems!(VerifyCodeError {
    VerifyCodeError::Wrong => WrongCode,
    VerifyCodeError::Limit(error) => (LimitError: error),
    VerifyCodeError::Store(error) => Unavailable.log(&error),
});

impl<E: IntoProblem + Display> IntoProblem for CompleteSignInError<E> {
    fn codes() -> Vec<ProblemCode> {
        [&[ProblemCode::InvalidChallenge, ProblemCode::Unavailable, ProblemCode::InternalError], E::codes().as_slice()].concat()
    }

    fn into_problem(self) -> Problem {
        match self {
            Self::Challenge => Problem::new(ProblemCode::InvalidChallenge),
            Self::Answer(error) => error.into_problem(),
            Self::Store(error) => Problem::new(ProblemCode::Unavailable).log(&error),
            Self::Signing(error) => Problem::new(ProblemCode::InternalError).log(&error),
        }
    }
}

/// Why a sign-in was not completed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompleteRequestError<E: Display> {
    /// Two challenge cookies, each of which can be completed.
    #[error("two challenges")]
    Ambiguous,
    /// The user is not signed in.
    #[error(transparent)]
    Complete(#[from] CompleteSignInError<E>),
}

impl<E: IntoProblem + Display> IntoProblem for CompleteRequestError<E> {
    fn codes() -> Vec<ProblemCode> {
        [&[ProblemCode::AmbiguousCredentials], CompleteSignInError::<E>::codes().as_slice()].concat()
    }

    fn into_problem(self) -> Problem {
        match self {
            Self::Ambiguous => Problem::new(ProblemCode::AmbiguousCredentials),
            Self::Complete(error) => error.into_problem(),
        }
    }
}

/// The challenge that a request presents: in the body in mode `token`, in a cookie in mode `cookie`.
pub(super) async fn presented<'a, E: Display>(
    token: Option<&'a str>,
    headers: &'a HeaderMap,
    state: &AppState,
    requester: Requester,
) -> Result<CompleteSignIn<'a>, CompleteRequestError<E>> {
    let (mode, token) = if let Some(token) = token {
        (session::Mode::Token, token)
    } else {
        let values = cookies::distinct(headers, state.config.callers.get().cookies.challenge_name);
        match sessions::choose_challenge(state, &values).await.map_err(CompleteSignInError::Store)? {
            None => (session::Mode::Cookie, ""),
            Some(Choice::One(value)) => (session::Mode::Cookie, value),
            Some(Choice::Ambiguous) => return Err(CompleteRequestError::Ambiguous),
        }
    };
    Ok(CompleteSignIn { token, mode, requester, presented: credential_cookies::presented(headers) })
}

/// The answer to a sign-in that was completed.
pub(super) fn completed(
    (established, device): (Established, DeviceToken),
    headers: &HeaderMap,
    state: &AppState,
) -> WithCookies<Reply<200, SignedIn>> {
    let WithCookies(reply, mut cookies) = signed_in_on(&device, headers, state, established);
    cookies.extend(credential_cookies::clear_challenge(headers, state));
    WithCookies(reply, cookies)
}

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
    ) -> Result<WithCookies<Reply<200, SignedIn>>, ErrorResponse<CompleteRequestError<VerifyCodeError>>> {
        let Body(CompleteSignInRequest { token, factor, code, device_token }) = body;
        let requester = requester.on_device(device_token.as_deref());
        let request = presented(token.as_deref(), headers, &state, requester).await?;
        let done = sessions::complete_sign_in(&state, request, factor.into(), &code).await;
        Ok(completed(done.map_err(CompleteRequestError::Complete)?, headers, &state))
    }
}
