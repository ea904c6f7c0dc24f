//! Proving with a passkey who the user is: signing in, its second step, re-authentication.

use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, types::Example};

use super::{
    challenge::{CompleteRequestError, completed, presented},
    model::{Mode, RefreshIn, SignedIn},
    passkey_options::PasskeyRequestOptions,
    second_step::EXAMPLE_TOKEN,
    session::{RefreshInForCookie, delivery, signed_in, signed_in_on},
    tag::Tag,
};
use crate::{
    authentication::{self, VerifyPasskeyError},
    http::{
        request::{
            State,
            body::Body,
            cookie_parameter::{ChallengeCookie, DeviceCookie},
            credentials::ActiveSession,
            json_object::JsonObject,
        },
        response::{
            credential_cookies,
            problem::{ErrorResponse, problems},
            reply::{Reply, WithCookies},
        },
    },
    requester::Requester,
    sessions::{self, PasskeyReauthenticateError, PasskeySignIn, PasskeySignInError},
};

/// Signing in with a passkey.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct PasskeySignInRequest {
    /// What `navigator.credentials.get()` resolved to: its `toJSON()`.
    passkey: JsonObject,
    /// Whether to stay signed in: after the browser closes, and for the longer lifetime.
    remember: Option<bool>,
    /// How the session is presented; `cookie` when left out.
    mode: Option<Mode>,
    /// Mode `token` only: where the refresh token travels; `body` when left out.
    refresh_in: Option<RefreshIn>,
    /// The device token of an earlier sign-in on this device.
    #[oai(validator(max_length = 256))]
    device_token: Option<String>,
}

/// Completing a sign-in with a passkey.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct PasskeyChallengeRequest {
    /// Mode `token`: the `token` of the challenge.
    #[oai(validator(max_length = 256))]
    token: Option<String>,
    /// What `navigator.credentials.get()` resolved to: its `toJSON()`.
    passkey: JsonObject,
    /// The device token of an earlier sign-in on this device.
    #[oai(validator(max_length = 256))]
    device_token: Option<String>,
}

/// Authenticating again with a passkey.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct PasskeyReauthenticateRequest {
    /// What `navigator.credentials.get()` resolved to: its `toJSON()`.
    passkey: JsonObject,
}

/// An object as browsers write it, cut short.
pub(super) fn example_passkey() -> JsonObject {
    JsonObject::example("type", "public-key")
}

impl Example for PasskeySignInRequest {
    fn example() -> Self {
        Self { passkey: example_passkey(), remember: Some(true), mode: Some(Mode::Cookie), refresh_in: None, device_token: None }
    }
}

impl Example for PasskeyChallengeRequest {
    fn example() -> Self {
        Self { token: Some(EXAMPLE_TOKEN.to_owned()), passkey: example_passkey(), device_token: None }
    }
}

impl Example for PasskeyReauthenticateRequest {
    fn example() -> Self {
        Self { passkey: example_passkey() }
    }
}

problems!(VerifyPasskeyError {
    VerifyPasskeyError::Unknown => UnknownPasskey,
    VerifyPasskeyError::Store(error) => Unavailable.log(&error),
    _ => InvalidPasskey,
});

problems!(PasskeySignInError {
    PasskeySignInError::Passkey(error) => (VerifyPasskeyError: error),
    PasskeySignInError::Store(error) => Unavailable.log(&error),
    PasskeySignInError::Signing(error) => InternalError.log(&error),
});

problems!(PasskeyReauthenticateError {
    PasskeyReauthenticateError::Passkey(error) => (VerifyPasskeyError: error),
    PasskeyReauthenticateError::Ended => InvalidSession,
    PasskeyReauthenticateError::Store(error) => Unavailable.log(&error),
    PasskeyReauthenticateError::Signing(error) => InternalError.log(&error),
});

/// Why `signInWithPasskey` did not sign the user in.
#[derive(Debug, thiserror::Error)]
enum PasskeySignInRequestError {
    /// `refresh_in` was given for mode `cookie`.
    #[error(transparent)]
    Delivery(#[from] RefreshInForCookie),
    /// The user is not signed in.
    #[error(transparent)]
    SignIn(#[from] PasskeySignInError),
}

problems!(PasskeySignInRequestError {
    PasskeySignInRequestError::Delivery(error) => (RefreshInForCookie: error),
    PasskeySignInRequestError::SignIn(error) => (PasskeySignInError: error),
});

pub(in crate::http) struct PasskeySignInApi;

#[OpenApi(prefix_path = "/v1/session", tag = "Tag::Session")]
impl PasskeySignInApi {
    /// Start a sign-in with a passkey
    ///
    /// Answers with what `navigator.credentials.get()` needs: for `signInWithPasskey`, `completeSignInWithPasskey` and
    /// `reauthenticateWithPasskey`. It names no user and no passkey, and nothing is stored.
    #[oai(path = "/passkey/options", method = "post", operation_id = "startPasskeySignIn")]
    async fn start(&self, state: State<'_>) -> Reply<200, PasskeyRequestOptions> {
        Reply(authentication::start_passkey(&state).into())
    }

    /// Sign in with a passkey
    ///
    /// Verifies what the passkey signed, and answers as `signIn` does without a second factor: the authenticator verified the user, so a
    /// passkey is two factors. A signature is good for one sign-in.
    #[oai(path = "/passkey", method = "post", operation_id = "signInWithPasskey")]
    async fn sign_in(
        &self,
        state: State<'_>,
        #[oai(name = "device")] _device: DeviceCookie,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<PasskeySignInRequest>,
    ) -> Result<WithCookies<Reply<200, SignedIn>>, ErrorResponse<PasskeySignInRequestError>> {
        let Body(PasskeySignInRequest { passkey, remember, mode, refresh_in, device_token }) = body;
        let request = PasskeySignIn {
            credential: passkey.0,
            remember: remember.unwrap_or(false),
            delivery: delivery(mode, refresh_in).map_err(PasskeySignInRequestError::from)?,
            requester: requester.on_device(device_token.as_deref()),
            presented: credential_cookies::presented(headers),
        };
        let done = sessions::sign_in_with_passkey(&state, request).await;
        let (established, device) = done.map_err(PasskeySignInRequestError::from)?;
        Ok(signed_in_on(&device, headers, &state, established))
    }

    /// Complete a sign-in with a passkey
    ///
    /// Verifies what a passkey of the user signed, where the 202 of `signIn` lists the factor `passkey`, and answers as `completeSignIn` does.
    #[oai(path = "/challenge/passkey", method = "post", operation_id = "completeSignInWithPasskey")]
    async fn complete(
        &self,
        state: State<'_>,
        #[oai(name = "challenge")] _challenge: ChallengeCookie,
        #[oai(name = "device")] _device: DeviceCookie,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<PasskeyChallengeRequest>,
    ) -> Result<WithCookies<Reply<200, SignedIn>>, ErrorResponse<CompleteRequestError<VerifyPasskeyError>>> {
        let Body(PasskeyChallengeRequest { token, passkey, device_token }) = body;
        let request = presented(token.as_deref(), headers, &state, requester.on_device(device_token.as_deref())).await?;
        let done = sessions::complete_sign_in_with_passkey(&state, request, passkey.0).await;
        Ok(completed(done.map_err(CompleteRequestError::Complete)?, headers, &state))
    }

    /// Re-authenticate with a passkey
    ///
    /// Verifies what a passkey of the user signed, and makes the session fresh, as `reauthenticate` does with the password.
    #[oai(path = "/reauthenticate/passkey", method = "post", operation_id = "reauthenticateWithPasskey")]
    async fn reauthenticate(
        &self,
        state: State<'_>,
        principal: ActiveSession,
        headers: &HeaderMap,
        body: Body<PasskeyReauthenticateRequest>,
    ) -> Result<WithCookies<Reply<200, SignedIn>>, ErrorResponse<PasskeyReauthenticateError>> {
        let renewed = sessions::reauthenticate_with_passkey(&state, principal.0, body.0.passkey.0).await?;
        Ok(signed_in(headers, &state, renewed))
    }
}
