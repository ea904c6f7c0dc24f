//! Signing up.

use entity::user;
use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, types::Example};

use super::{
    model::User,
    password_problems::{NotAccepted, field_error},
    tag::Tag,
};
use crate::{
    accounts::{self, ConfirmError, Confirmation, RegisterError, Registered, Registration},
    email_address::EmailAddress,
    http::{
        request::{State, body::Body, cookie_parameter::DeviceCookie, text_field::NameField},
        response::{
            credential_cookies,
            problem::{ErrorResponse, problems},
            reply::{Accepted, OneOf, Reply, WithCookies},
        },
    },
    limits::LimitError,
    principal::UserSnapshot,
    requester::Requester,
    secret::{DeviceToken, Password},
    state::AppState,
};

/// Signing up.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct RegisterUserRequest {
    /// Stored as typed. Unique, and case does not matter. The local part has no quotes and at most 64 bytes; the domain is one that IDNA
    /// accepts.
    email: EmailAddress,
    /// Any characters, at least 8 of them (the service may demand more), at most 1024 bytes.
    #[oai(validator(min_length = 8))]
    password: Password,
    /// The name to show: at least one visible character, no control characters, and none that hide themselves or reorder the text around
    /// them. Joiners and variation selectors stand only where a spelling or an emoji needs them.
    name: Option<NameField>,
}

impl Example for RegisterUserRequest {
    fn example() -> Self {
        Self {
            email: EmailAddress::example(),
            password: Password::new("correct horse battery".to_owned()),
            name: Some(NameField("Ada Lovelace".to_owned())),
        }
    }
}

/// Confirming an address.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct ConfirmRegistrationRequest {
    /// The part after the `#` of the link in the mail.
    #[oai(validator(max_length = 256))]
    token: String,
    /// Any characters, at least 8 of them (the service may demand more), at most 1024 bytes.
    #[oai(validator(min_length = 8))]
    password: Password,
    /// The name to show: at least one visible character, no control characters, and none that hide themselves or reorder the text around
    /// them. Joiners and variation selectors stand only where a spelling or an emoji needs them.
    name: Option<NameField>,
}

impl Example for ConfirmRegistrationRequest {
    fn example() -> Self {
        Self {
            token: "bfo_AZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gwsm7j_UwAXxaJnI06ctNuO".to_owned(),
            password: Password::new("correct horse battery".to_owned()),
            name: Some(NameField("Ada Lovelace".to_owned())),
        }
    }
}

problems!(RegisterError {
    RegisterError::Invalid(violations) => ValidationFailed.fields(violations.into_iter().map(|one| field_error(one, "password")).collect()),
    RegisterError::EmailTaken => EmailTaken,
    RegisterError::Password(error) => (NotAccepted: NotAccepted(error, "password")),
    RegisterError::Limit(error) => (LimitError: error),
    RegisterError::Store(error) => Unavailable.log(&error),
});

problems!(ConfirmError {
    ConfirmError::Token => InvalidOneTimeToken,
    ConfirmError::Register(error) => (RegisterError: error),
});

pub(in crate::http) struct UsersApi;

#[OpenApi(prefix_path = "/v1/users", tag = "Tag::Users")]
impl UsersApi {
    /// Sign up
    ///
    /// Creates a user (201) without signing them in: see `signIn`. With `registration = "verified"` the answer is 202 whether or not the
    /// address has an account, and a mail to it has the link for `confirmRegistration`. The password is checked against the rules, and not
    /// stored yet.
    #[oai(path = "/", method = "post", operation_id = "registerUser")]
    async fn register(
        &self,
        state: State<'_>,
        #[oai(name = "device")] _device: DeviceCookie,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<RegisterUserRequest>,
    ) -> Result<OneOf<WithCookies<Reply<201, User>>, Accepted>, ErrorResponse<RegisterError>> {
        let Body(RegisterUserRequest { email, password, name }) = body;
        let name = name.map(|NameField(name)| name);
        match accounts::register(&state, Registration { address: email, password, name, requester }).await? {
            Registered::Now(user, device) => Ok(OneOf::First(created(headers, &state, &user, &device))),
            Registered::OnceConfirmed => Ok(OneOf::Second(Accepted)),
        }
    }

    /// Confirm an address
    ///
    /// Creates the user who has the address, with the token from the mail, without signing them in. The reader of the mail chooses the
    /// password now, so that a password which another person gave at sign-up has no effect.
    #[oai(path = "/confirm", method = "post", operation_id = "confirmRegistration")]
    async fn confirm(
        &self,
        state: State<'_>,
        #[oai(name = "device")] _device: DeviceCookie,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<ConfirmRegistrationRequest>,
    ) -> Result<WithCookies<Reply<201, User>>, ErrorResponse<ConfirmError>> {
        let Body(ConfirmRegistrationRequest { token, password, name }) = body;
        let name = name.map(|NameField(name)| name);
        let (user, device) = accounts::confirm_registration(&state, Confirmation { token, password, name, requester }).await?;
        Ok(created(headers, &state, &user, &device))
    }
}

fn created(headers: &HeaderMap, state: &AppState, user: &user::Model, device: &DeviceToken) -> WithCookies<Reply<201, User>> {
    WithCookies(Reply((&UserSnapshot::from(user)).into()), credential_cookies::device(headers, state, device))
}
