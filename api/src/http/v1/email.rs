//! The address of a user.

use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, types::Example};
use serde::Serialize;

use super::tag::Tag;
use crate::{
    accounts::{self, ChangeEmailError, ConfirmEmailError, RecoverError},
    email_address::EmailAddress,
    http::{
        request::{
            State,
            body::Body,
            credentials::{ActiveSession, FreshSession, OptionalAuth},
        },
        response::{
            credential_cookies,
            problem::{ErrorResponse, problems},
            reply::{Accepted, NoContent, Reply, WithCookies},
        },
    },
    limits::LimitError,
    requester::Requester,
};

/// Changing the address.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct ChangeEmailRequest {
    /// Stored as typed. Unique, and case does not matter. The local part has no quotes and at most 64 bytes; the domain is one that IDNA
    /// accepts.
    email: EmailAddress,
}

impl Example for ChangeEmailRequest {
    fn example() -> Self {
        Self { email: EmailAddress::example() }
    }
}

/// A token from a mail.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct OneTimeTokenRequest {
    /// The part after the `#` of the link in the mail.
    #[oai(validator(max_length = 256))]
    token: String,
}

const EXAMPLE_TOKEN: &str = "bfo_AZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gwsm7j_UwAXxaJnI06ctNuO";

impl Example for OneTimeTokenRequest {
    fn example() -> Self {
        Self { token: EXAMPLE_TOKEN.to_owned() }
    }
}

/// A confirmed address.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct EmailConfirmed {
    /// Present if the account has no password any more: choose one with `resetPassword`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_token: Option<String>,
}

impl Example for EmailConfirmed {
    fn example() -> Self {
        Self { reset_token: Some(EXAMPLE_TOKEN.to_owned()) }
    }
}

problems!(ChangeEmailError {
    ChangeEmailError::Ended => InvalidSession,
    ChangeEmailError::Limit(error) => (LimitError: error),
    ChangeEmailError::Store(error) => Unavailable.log(&error),
});

problems!(ConfirmEmailError {
    ConfirmEmailError::Token => InvalidOneTimeToken,
    ConfirmEmailError::NotSignedIn => Unauthenticated,
    ConfirmEmailError::EmailTaken => EmailTaken,
    ConfirmEmailError::Limit(error) => (LimitError: error),
    ConfirmEmailError::Store(error) => Unavailable.log(&error),
});

problems!(RecoverError {
    RecoverError::Token => InvalidOneTimeToken,
    RecoverError::EmailTaken => EmailTaken,
    RecoverError::Limit(error) => (LimitError: error),
    RecoverError::Store(error) => Unavailable.log(&error),
});

pub(in crate::http) struct EmailApi;

#[OpenApi(prefix_path = "/v1", tag = "Tag::Email")]
impl EmailApi {
    /// Change the address
    ///
    /// Sends a mail with the token for `confirmEmail` to the new address. Until it is confirmed, the old address signs in. There is one
    /// pending change, and it is void when this session ends. The answer does not tell whether another account has the address. The session
    /// must be fresh: see `reauthenticate`.
    #[oai(path = "/me/email", method = "put", operation_id = "changeEmail")]
    async fn change(
        &self,
        state: State<'_>,
        principal: FreshSession,
        requester: Requester,
        body: Body<ChangeEmailRequest>,
    ) -> Result<Accepted, ErrorResponse<ChangeEmailError>> {
        accounts::change_email(&state, &principal.0, &body.0.email, &requester).await?;
        Ok(Accepted)
    }

    /// Ask for the address to be confirmed
    ///
    /// Sends a mail with the token for `confirmEmail` to the address of the current user, unless it is confirmed already.
    #[oai(path = "/me/email/verification", method = "post", operation_id = "sendEmailVerification")]
    async fn send_verification(
        &self,
        state: State<'_>,
        principal: ActiveSession,
        requester: Requester,
    ) -> Result<Accepted, ErrorResponse<ChangeEmailError>> {
        accounts::send_email_verification(&state, &principal.0, &requester).await?;
        Ok(Accepted)
    }

    /// Confirm an address
    ///
    /// Confirms the address of the user, or changes it to the one that the mail was sent to. A change needs a session of the same account,
    /// or else a stranger could give their account the address of a reader who opens the mail. The old mailbox gets a mail with the token for
    /// `undoEmailChange`. If the first address of an account is confirmed without a session of that account, a stranger may have signed up
    /// with it: the password and all sessions are void, and the answer has a token to choose a new password with.
    #[oai(path = "/email/confirm", method = "post", operation_id = "confirmEmail")]
    async fn confirm(
        &self,
        state: State<'_>,
        _auth: OptionalAuth,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<OneTimeTokenRequest>,
    ) -> Result<Reply<200, EmailConfirmed>, ErrorResponse<ConfirmEmailError>> {
        let presented = credential_cookies::presented(headers);
        let reset = accounts::confirm_email(&state, &body.0.token, &presented, &requester).await?;
        Ok(Reply(EmailConfirmed { reset_token: reset.map(|token| token.reveal().to_string()) }))
    }

    /// Undo a change of the address
    ///
    /// Gives the account the old address back, with the token that the old mailbox got. All sessions end, the password is void, and a mail
    /// with the token for `resetPassword` is sent there.
    #[oai(path = "/email/undo", method = "post", operation_id = "undoEmailChange")]
    async fn undo(
        &self,
        state: State<'_>,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<OneTimeTokenRequest>,
    ) -> Result<WithCookies<NoContent>, ErrorResponse<RecoverError>> {
        accounts::undo_email_change(&state, &body.0.token, &requester).await?;
        Ok(WithCookies(NoContent, credential_cookies::clear(headers, &state)))
    }

    /// Report what the user did not do
    ///
    /// Takes the account back with the token of a mail that reported what its reader did not do. All sessions end, the password is void, and
    /// a mail with the token for `resetPassword` is sent. If the address was changed since, the account gets it back.
    #[oai(path = "/email/not-me", method = "post", operation_id = "reportNotMe")]
    async fn not_me(
        &self,
        state: State<'_>,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<OneTimeTokenRequest>,
    ) -> Result<WithCookies<NoContent>, ErrorResponse<RecoverError>> {
        accounts::report_not_me(&state, &body.0.token, &requester).await?;
        Ok(WithCookies(NoContent, credential_cookies::clear(headers, &state)))
    }
}
