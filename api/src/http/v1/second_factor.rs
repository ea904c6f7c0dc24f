//! The second factors of the current user.

use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, types::Example};
use serde::Serialize;

use super::{
    model::{Session, SignedIn, Tokens, User, instant},
    session::signed_in,
    tag::Tag,
};
use crate::{
    accounts::{self, FactorsSummary, RemoveSecondFactorError, TotpError},
    authentication::VerifyCodeError,
    http::{
        request::{
            State,
            body::Body,
            credentials::{ActiveSession, FreshSession},
        },
        response::{
            problem::{ErrorResponse, problems},
            qr_code::qr_code,
            reply::{NoContent, Reply, WithCookies},
            timestamp::Timestamp,
        },
    },
    requester::Requester,
    secret::RecoveryCode,
};

use super::session::StoreError;

/// The second factors of a user.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct SecondFactors {
    /// When the authenticator app was added; absent if the user has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    totp_added_at: Option<Timestamp>,
    /// How many recovery codes are left.
    recovery_codes_left: i32,
}

impl From<FactorsSummary> for SecondFactors {
    fn from(summary: FactorsSummary) -> Self {
        let recovery_codes_left = i32::try_from(summary.recovery_codes).unwrap_or(i32::MAX);
        Self { totp_added_at: summary.totp_added_at.map(instant), recovery_codes_left }
    }
}

impl Example for SecondFactors {
    fn example() -> Self {
        Self { totp_added_at: Some(User::example_time()), recovery_codes_left: 10 }
    }
}

/// A secret for an authenticator app. It counts once `confirmTotp` has verified a code.
#[derive(Object, Serialize)]
#[oai(example)]
struct TotpEnrolment {
    /// In base32, for a person to type.
    secret: String,
    /// The same as a URI, for an app on this device.
    uri: String,
    /// The URI as a QR code: an image in SVG, for a camera.
    qr_svg: String,
}

impl Example for TotpEnrolment {
    fn example() -> Self {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        Self {
            secret: secret.to_owned(),
            uri: format!("otpauth://totp/Bifrons:ada@example.com?secret={secret}&issuer=Bifrons"),
            qr_svg: "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"45\" height=\"45\"></svg>".to_owned(),
        }
    }
}

/// The first code of an authenticator app.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct ConfirmTotpRequest {
    /// As typed: spaces do not matter.
    #[oai(validator(max_length = 64))]
    code: String,
}

impl Example for ConfirmTotpRequest {
    fn example() -> Self {
        Self { code: "287082".to_owned() }
    }
}

/// Recovery codes. They are shown once.
#[derive(Object, Serialize)]
#[oai(example)]
struct RecoveryCodes {
    /// Each is good for one sign-in.
    recovery_codes: Vec<String>,
}

impl RecoveryCodes {
    fn new(codes: &[RecoveryCode]) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.reveal().to_string()).collect() }
    }
}

impl Example for RecoveryCodes {
    fn example() -> Self {
        Self { recovery_codes: vec!["GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV".to_owned()] }
    }
}

/// An authenticator app that counts from now on.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct TotpConfirmed {
    /// To write down: each is good for one sign-in without the app. They are shown once.
    recovery_codes: Vec<String>,
    /// The session, in which both factors are proved.
    session: Session,
    /// Mode `token`: its new tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<Tokens>,
}

impl Example for TotpConfirmed {
    fn example() -> Self {
        let RecoveryCodes { recovery_codes } = RecoveryCodes::example();
        let SignedIn { session, tokens, .. } = SignedIn::example();
        Self { recovery_codes, session, tokens }
    }
}

problems!(TotpError {
    TotpError::Exists => SecondFactorExists,
    TotpError::NotStarted => NotFound,
    TotpError::Code(error) => (VerifyCodeError: error),
    TotpError::Ended => InvalidSession,
    error @ TotpError::Sealing => InternalError.log(&error),
    TotpError::Store(error) => Unavailable.log(&error),
    TotpError::Signing(error) => InternalError.log(&error),
});

problems!(RemoveSecondFactorError {
    RemoveSecondFactorError::None => NotFound,
    RemoveSecondFactorError::Ended => InvalidSession,
    RemoveSecondFactorError::Store(error) => Unavailable.log(&error),
});

pub(in crate::http) struct SecondFactorApi;

#[OpenApi(prefix_path = "/v1/me", tag = "Tag::Me")]
impl SecondFactorApi {
    /// Get the second factors
    ///
    /// Answers with what the user can prove beside the password.
    #[oai(path = "/factors", method = "get", operation_id = "getSecondFactors")]
    async fn get(
        &self,
        state: State<'_>,
        principal: ActiveSession,
    ) -> Result<Reply<200, SecondFactors>, ErrorResponse<StoreError>> {
        let summary = accounts::second_factors(&state, &principal.0).await.map_err(StoreError)?;
        Ok(Reply(summary.into()))
    }

    /// Start adding an authenticator app
    ///
    /// Answers with a new secret. It counts once `confirmTotp` has verified a code of it, within ten minutes; another start replaces it. A
    /// user has one authenticator app: remove it before adding another.
    #[oai(path = "/totp", method = "post", operation_id = "startTotp")]
    async fn start(
        &self,
        state: State<'_>,
        principal: FreshSession,
    ) -> Result<Reply<201, TotpEnrolment>, ErrorResponse<TotpError>> {
        let enrolment = accounts::start_totp(&state, &principal.0).await?;
        let qr_svg = qr_code(&enrolment.uri).ok_or(TotpError::Sealing)?;
        Ok(Reply(TotpEnrolment { secret: enrolment.secret.to_string(), uri: enrolment.uri.to_string(), qr_svg }))
    }

    /// Confirm an authenticator app
    ///
    /// Verifies the first code. From now on a sign-in needs a code. The answer has the recovery codes, and the session with its new secret:
    /// both factors are proved in it. A mail tells the user.
    #[oai(path = "/totp/confirm", method = "post", operation_id = "confirmTotp")]
    async fn confirm(
        &self,
        state: State<'_>,
        principal: FreshSession,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<ConfirmTotpRequest>,
    ) -> Result<WithCookies<Reply<200, TotpConfirmed>>, ErrorResponse<TotpError>> {
        let confirmed = accounts::confirm_totp(&state, principal.0, &body.0.code, &requester).await?;
        let RecoveryCodes { recovery_codes } = RecoveryCodes::new(&confirmed.codes);
        let WithCookies(Reply(SignedIn { session, tokens, .. }), cookies) = signed_in(headers, &state, confirmed.renewed);
        Ok(WithCookies(Reply(TotpConfirmed { recovery_codes, session, tokens }), cookies))
    }

    /// Remove the authenticator app
    ///
    /// Removes the authenticator app and the recovery codes: a sign-in needs the password alone. A mail tells the user.
    #[oai(path = "/totp", method = "delete", operation_id = "removeTotp")]
    async fn remove(
        &self,
        state: State<'_>,
        principal: FreshSession,
        requester: Requester,
    ) -> Result<NoContent, ErrorResponse<RemoveSecondFactorError>> {
        accounts::remove_second_factor(&state, &principal.0, &requester).await?;
        Ok(NoContent)
    }

    /// Make new recovery codes
    ///
    /// Answers with ten new codes. The former ones are void, and a mail tells the user.
    #[oai(path = "/recovery-codes", method = "post", operation_id = "replaceRecoveryCodes")]
    async fn replace_codes(
        &self,
        state: State<'_>,
        principal: FreshSession,
        requester: Requester,
    ) -> Result<Reply<200, RecoveryCodes>, ErrorResponse<RemoveSecondFactorError>> {
        let codes = accounts::replace_recovery_codes(&state, &principal.0, &requester).await?;
        Ok(Reply(RecoveryCodes::new(&codes)))
    }
}
