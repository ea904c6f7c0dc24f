//! Signing in and out, and the session that a request belongs to.

use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, types::Example};
use serde_json::{Value, json};

use super::{
    model::{Mode, RefreshIn, Session, SignedIn},
    second_step::Challenge,
    tag::Tag,
};
use crate::{
    authentication::{AttemptError, VerifyCodeError, VerifyPasswordError},
    db::Unavailable,
    grants,
    http::{
        request::{
            State,
            body::Body,
            cookie_parameter::DeviceCookie,
            credentials::{ActiveSession, OptionalAuth, VerifiedIdentity},
        },
        response::{
            credential_cookies,
            problem::{ErrorResponse, FieldError, Rule, problems},
            reply::{NoContent, OneOf, Reply, WithCookies},
        },
    },
    requester::Requester,
    secret::{DeviceToken, Password},
    sessions::{self, Credential, Delivery, Established, ReauthenticateError, SignIn, SignInError},
    state::AppState,
};

/// Signing in.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct SignInRequest {
    /// Case does not matter: `Ada@Example.com` is `ada@example.com`.
    #[oai(validator(max_length = 254))]
    email: String,
    password: Password,
    /// Whether to stay signed in: after the browser closes, and for the longer lifetime.
    remember: Option<bool>,
    /// How the session is presented; `cookie` when left out.
    mode: Option<Mode>,
    /// Mode `token` only: where the refresh token travels; `body` when left out.
    refresh_in: Option<RefreshIn>,
    /// The device token of an earlier sign-in on this device: failed passwords from unknown devices do not count against it.
    #[oai(validator(max_length = 256))]
    device_token: Option<String>,
}

impl Example for SignInRequest {
    fn example() -> Self {
        Self {
            email: "ada@example.com".to_owned(),
            password: Password::new("correct horse battery".to_owned()),
            remember: Some(true),
            mode: Some(Mode::Cookie),
            refresh_in: None,
            device_token: Some("bfd_f1Vf3vBv7kZQ1mRr7bW9AAAAAZttKzQZ".to_owned()),
        }
    }
}

/// Authenticating again.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct ReauthenticateRequest {
    password: Password,
    /// A code of the authenticator app: required if the user has one.
    #[oai(validator(max_length = 64))]
    totp: Option<String>,
}

impl Example for ReauthenticateRequest {
    fn example() -> Self {
        Self { password: Password::new("correct horse battery".to_owned()), totp: None }
    }
}

/// The database did not answer.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(in crate::http) struct StoreError(#[from] pub(in crate::http) Unavailable);

problems!(StoreError { StoreError(error) => Unavailable.log(&error) });

problems!(SignInError {
    SignInError::InvalidCredentials => InvalidCredentials,
    SignInError::Attempt(error) => (AttemptError: error),
    SignInError::Store(error) => Unavailable.log(&error),
    SignInError::Signing(error) => InternalError.log(&error),
});

/// `refresh_in` was given for mode `cookie`.
#[derive(Debug, thiserror::Error)]
#[error("refresh_in belongs to mode token")]
pub(super) struct RefreshInForCookie;

problems!(RefreshInForCookie {
    RefreshInForCookie => ValidationFailed.fields(vec![FieldError::new(
        "refresh_in",
        Rule::Conflict,
        "must be left out unless mode is token",
    )]),
});

/// How a sign-in delivers the credential.
pub(super) fn delivery(mode: Option<Mode>, refresh_in: Option<RefreshIn>) -> Result<Delivery, RefreshInForCookie> {
    match (mode.unwrap_or(Mode::Cookie), refresh_in) {
        (Mode::Cookie, None) => Ok(Delivery::Cookie),
        (Mode::Cookie, Some(_)) => Err(RefreshInForCookie),
        (Mode::Token, refresh_in) => Ok(Delivery::Tokens(refresh_in.unwrap_or(RefreshIn::Body).into())),
    }
}

/// Why `signIn` did not sign the user in.
#[derive(Debug, thiserror::Error)]
enum SignInRequestError {
    /// `refresh_in` was given for mode `cookie`.
    #[error(transparent)]
    Delivery(#[from] RefreshInForCookie),
    /// The user is not signed in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

problems!(SignInRequestError {
    SignInRequestError::Delivery(error) => (RefreshInForCookie: error),
    SignInRequestError::SignIn(error) => (SignInError: error),
});

problems!(ReauthenticateError {
    ReauthenticateError::Password(error) => (VerifyPasswordError: error),
    ReauthenticateError::SecondFactorRequired => SecondFactorRequired,
    ReauthenticateError::Code(error) => (VerifyCodeError: error),
    ReauthenticateError::Ended => InvalidSession,
    ReauthenticateError::Store(error) => Unavailable.log(&error),
    ReauthenticateError::Signing(error) => InternalError.log(&error),
});

/// What [`RefreshInForCookie`] refuses, as a schema.
pub(in crate::http) fn conflict() -> Value {
    json!({ "required": ["refresh_in"], "properties": { "refresh_in": {}, "mode": { "enum": ["cookie"] } } })
}

pub(in crate::http) struct SessionApi;

#[OpenApi(prefix_path = "/v1/session", tag = "Tag::Session")]
impl SessionApi {
    /// Sign in
    ///
    /// Always creates a new session and ends every session whose credential came with the request. Mode `cookie` sets the session cookie;
    /// mode `token` answers with tokens, for native apps, scripts and other services. If the user has a second factor, the answer is 202 with a
    /// challenge for `completeSignIn`, and no session is opened or ended yet.
    #[oai(path = "/", method = "post", operation_id = "signIn")]
    async fn sign_in(
        &self,
        state: State<'_>,
        #[oai(name = "device")] _device: DeviceCookie,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<SignInRequest>,
    ) -> Result<WithCookies<OneOf<Reply<200, SignedIn>, Reply<202, Challenge>>>, ErrorResponse<SignInRequestError>> {
        let Body(SignInRequest { email, password, remember, mode, refresh_in, device_token }) = body;
        let delivery = delivery(mode, refresh_in).map_err(SignInRequestError::from)?;
        let requester = requester.on_device(device_token.as_deref());
        let presented = credential_cookies::presented(headers);
        let request = SignIn { email: &email, password, remember: remember.unwrap_or(false), delivery, requester, presented };
        match sessions::sign_in(&state, request).await.map_err(SignInRequestError::SignIn)? {
            sessions::SignedIn::Session(established, device) => {
                let WithCookies(reply, cookies) = signed_in_on(&device, headers, &state, established);
                Ok(WithCookies(OneOf::First(reply), cookies))
            }
            sessions::SignedIn::Challenge(issued) => {
                let cookies = credential_cookies::challenge(headers, &state, &issued);
                Ok(WithCookies(OneOf::Second(Reply(Challenge::new(&issued))), cookies))
            }
        }
    }

    /// Get the current session
    ///
    /// Answers with the session and the user of the credential.
    #[oai(path = "/", method = "get", operation_id = "getSession")]
    async fn get(&self, state: State<'_>, principal: VerifiedIdentity) -> Reply<200, Session> {
        Reply(Session::new(&state, &principal.0))
    }

    /// Sign out
    ///
    /// Ends every session whose credential came with the request, and clears the cookies. It succeeds without a session too.
    #[oai(path = "/", method = "delete", operation_id = "signOut")]
    async fn sign_out(
        &self,
        state: State<'_>,
        _auth: OptionalAuth,
        headers: &HeaderMap,
    ) -> Result<WithCookies<NoContent>, WithCookies<ErrorResponse<StoreError>>> {
        let cleared = credential_cookies::clear(headers, &state);
        let ended = match sessions::sessions_of(&state, &credential_cookies::presented(headers)).await {
            Ok(sessions) => sessions::end_all(&state, &sessions).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => Ok(WithCookies(NoContent, cleared)),
            // The session may still be live, so the answer is an error. The browser deletes the cookie anyway.
            Err(error) => Err(WithCookies(StoreError(error).into(), cleared)),
        }
    }

    /// Re-authenticate
    ///
    /// Verifies the password again, and a code of the authenticator app if the user has one, and makes the session fresh, as `deleteMe` demands.
    /// The session gets a new secret: a new cookie, or new tokens.
    #[oai(path = "/reauthenticate", method = "post", operation_id = "reauthenticate")]
    async fn reauthenticate(
        &self,
        state: State<'_>,
        principal: ActiveSession,
        #[oai(name = "device")] _device: DeviceCookie,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<ReauthenticateRequest>,
    ) -> Result<WithCookies<Reply<200, SignedIn>>, ErrorResponse<ReauthenticateError>> {
        let Body(ReauthenticateRequest { password, totp }) = body;
        let renewed = sessions::reauthenticate(&state, principal.0, password, totp.as_deref(), &requester).await?;
        Ok(signed_in(headers, &state, renewed))
    }
}

/// The answer to an operation that gave a session a new secret.
pub(super) fn signed_in(headers: &HeaderMap, state: &AppState, renewed: Established) -> WithCookies<Reply<200, SignedIn>> {
    let cookies = credential_cookies::issue(headers, state, &renewed);
    WithCookies(Reply(SignedIn::new(state, renewed)), cookies)
}

/// The same, with the token of a device that the account trusts from now on.
pub(super) fn signed_in_on(
    device: &DeviceToken,
    headers: &HeaderMap,
    state: &AppState,
    established: Established,
) -> WithCookies<Reply<200, SignedIn>> {
    // A client that stores the refresh token also stores the device token, so both are in the body or both are in cookies.
    let in_body = matches!(&established.credential, Credential::Tokens(tokens) if tokens.refresh_in == grants::RefreshIn::Body);
    let WithCookies(Reply(signed_in), mut cookies) = signed_in(headers, state, established);
    if in_body {
        return WithCookies(Reply(signed_in.with_device(device)), cookies);
    }
    cookies.extend(credential_cookies::device(headers, state, device));
    WithCookies(Reply(signed_in), cookies)
}
