//! A forgotten password.

use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, types::Example};

use super::{password_problems::NotAccepted, tag::Tag};
use crate::{
    accounts::{self, RequestResetError, ResetPasswordError},
    email_address::EmailAddress,
    http::{
        request::{State, body::Body, cookie_parameter::DeviceCookie, text_field::StoredEmailField},
        response::{
            credential_cookies,
            problem::{ErrorResponse, FieldError, Rule, problems},
            reply::{Accepted, NoContent, WithCookies},
        },
    },
    limits::LimitError,
    requester::Requester,
    secret::Password,
};

/// Asking for a new password.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct RequestPasswordResetRequest {
    /// The address of the account. Case does not matter.
    email: StoredEmailField,
}

impl Example for RequestPasswordResetRequest {
    fn example() -> Self {
        Self { email: StoredEmailField(EmailAddress::example().as_typed().to_owned()) }
    }
}

/// Choosing a new password.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct ResetPasswordRequest {
    /// The part after the `#` of the link in the mail.
    #[oai(validator(max_length = 256))]
    token: String,
    /// Any characters, at least 8 of them (the service may demand more), at most 1024 bytes.
    #[oai(validator(min_length = 8))]
    new_password: Password,
}

impl Example for ResetPasswordRequest {
    fn example() -> Self {
        Self {
            token: "bfo_AZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gwsm7j_UwAXxaJnI06ctNuO".to_owned(),
            new_password: Password::new("another horse entirely".to_owned()),
        }
    }
}

problems!(RequestResetError {
    RequestResetError::Address => ValidationFailed.fields(vec![FieldError::new(
        "email",
        Rule::Format,
        "must look like name@example.com",
    )]),
    RequestResetError::Limit(error) => (LimitError: error),
    RequestResetError::Store(error) => Unavailable.log(&error),
});

problems!(ResetPasswordError {
    ResetPasswordError::Token => InvalidOneTimeToken,
    ResetPasswordError::Choose(error) => (NotAccepted: NotAccepted(error, "new_password")),
    ResetPasswordError::Limit(error) => (LimitError: error),
    ResetPasswordError::Store(error) => Unavailable.log(&error),
});

pub(in crate::http) struct PasswordApi;

#[OpenApi(prefix_path = "/v1/password", tag = "Tag::Password")]
impl PasswordApi {
    /// Ask for a new password
    ///
    /// Sends a mail with a one-time token to the address, if an account has it. The answer is the same, and takes as long, whether or not
    /// one has. The token lives for 30 minutes; a newer one voids it. Each user gets a bounded number of mails an hour.
    #[oai(path = "/forgot", method = "post", operation_id = "requestPasswordReset")]
    async fn forgot(
        &self,
        state: State<'_>,
        requester: Requester,
        body: Body<RequestPasswordResetRequest>,
    ) -> Result<Accepted, ErrorResponse<RequestResetError>> {
        accounts::request_password_reset(&state, &body.0.email.0, &requester).await?;
        Ok(Accepted)
    }

    /// Choose a new password
    ///
    /// Replaces the password, with the token from the mail, and ends all sessions of the account. Second factors stay. No session is opened:
    /// call `signIn` with the new password. The account trusts no device any more but this one.
    #[oai(path = "/reset", method = "post", operation_id = "resetPassword")]
    async fn reset(
        &self,
        state: State<'_>,
        #[oai(name = "device")] _device: DeviceCookie,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<ResetPasswordRequest>,
    ) -> Result<WithCookies<NoContent>, ErrorResponse<ResetPasswordError>> {
        let Body(ResetPasswordRequest { token, new_password }) = body;
        let device = accounts::reset_password(&state, &token, new_password, &requester).await?;
        Ok(WithCookies(NoContent, credential_cookies::device(headers, &state, &device)))
    }
}
