//! Signing up.

use entity::user;
use poem_openapi::{Enum, Object, OpenApi, types::Example};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Tag,
    body::Body,
    credential::State,
    held,
    problem::{FieldError, Refusal, Rule, problems},
    reply::{Accepted, Either, Reply, WithCookies},
    session::instant,
};
use crate::{
    cache::UserSnapshot,
    client::Client,
    email_address::EmailAddress,
    hashing::HashingError,
    limits::LimitError,
    passwords::PasswordRule,
    secret::{DeviceToken, Password},
    state::AppState,
    users::{self, ConfirmError, Confirmation, RegisterError, Registered, Registration, Violation},
};

/// Signing up.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct RegisterUserRequest {
    /// Kept as typed; unique whatever its case.
    email: EmailAddress,
    /// Any characters at all, at least 8 of them (the service may demand more), at most 1024 bytes.
    #[oai(validator(min_length = 8))]
    password: Password,
    /// What to be called.
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Option<String>,
}

impl Example for RegisterUserRequest {
    fn example() -> Self {
        Self {
            email: EmailAddress::example(),
            password: Password::new("correct horse battery".to_owned()),
            name: Some("Ada Lovelace".to_owned()),
        }
    }
}

/// Confirming an address.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct ConfirmRegistrationRequest {
    /// What stands behind the `#` of the link in the mail.
    #[oai(validator(max_length = 256))]
    token: String,
    /// Any characters at all, at least 8 of them (the service may demand more), at most 1024 bytes.
    #[oai(validator(min_length = 8))]
    password: Password,
    /// What to be called.
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Option<String>,
}

impl Example for ConfirmRegistrationRequest {
    fn example() -> Self {
        Self {
            token: "bfo_AZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gwsm7j_UwAXxaJnI06ctNuO".to_owned(),
            password: Password::new("correct horse battery".to_owned()),
            name: Some("Ada Lovelace".to_owned()),
        }
    }
}

/// What a user may do.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "snake_case")]
enum Role {
    /// Everything with their own account.
    User,
    /// Reserved for those who run the service.
    Admin,
}

/// A user, as they may see themselves.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct User {
    /// Theirs for ever: the access token's `sub`.
    id: Uuid,
    /// As typed at sign-up.
    email: String,
    name: Option<String>,
    role: Role,
    created_at: OffsetDateTime,
}

impl From<&UserSnapshot> for User {
    fn from(user: &UserSnapshot) -> Self {
        Self {
            id: user.id.0,
            email: user.email.clone(),
            name: user.name.clone(),
            role: match user.role {
                user::Role::User => Role::User,
                user::Role::Admin => Role::Admin,
            },
            created_at: instant(user.created_at),
        }
    }
}

impl Example for User {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_7a3d_1b5c_7e08_8f4a_2d9c_31e7_5a60),
            email: "ada@example.com".to_owned(),
            name: Some("Ada Lovelace".to_owned()),
            role: Role::User,
            created_at: instant(entity::UnixMillis(1_767_171_600_000)),
        }
    }
}

problems!(RegisterError {
    RegisterError::Invalid(violations) => ValidationFailed.fields(violations.into_iter().map(|one| field_error(one, "password")).collect()),
    RegisterError::EmailTaken => EmailTaken,
    RegisterError::Limit(error) => (error: LimitError),
    RegisterError::Hashing(error) => (error: HashingError),
    RegisterError::Breached(error) => Unavailable.log(&error),
    RegisterError::Store(error) => Unavailable.log(&error),
});

problems!(ConfirmError {
    ConfirmError::Token => InvalidOneTimeToken,
    ConfirmError::Invalid(violations) => ValidationFailed.fields(violations.into_iter().map(|one| field_error(one, "password")).collect()),
    ConfirmError::EmailTaken => EmailTaken,
    ConfirmError::Breached(error) => Unavailable.log(&error),
    ConfirmError::Limit(error) => (error: LimitError),
    ConfirmError::Hashing(error) => (error: HashingError),
    ConfirmError::Store(error) => Unavailable.log(&error),
});

/// A broken rule as the client sees it; `password` is the field that holds the new password.
pub(super) fn field_error(violation: Violation, password: &str) -> FieldError {
    match violation {
        Violation::Password(PasswordRule::TooShort(least)) => {
            FieldError::new(password, Rule::MinLength, format!("must have at least {least} characters"))
        }
        Violation::Password(PasswordRule::TooLong(most)) => {
            FieldError::new(password, Rule::MaxBytes, format!("must have at most {most} bytes"))
        }
        Violation::Password(PasswordRule::Common) => {
            FieldError::new(password, Rule::Common, "must not be one of the passwords that everybody tries first")
        }
        Violation::Password(PasswordRule::Context) => {
            FieldError::new(password, Rule::Context, "must be more than your address or the name of this service")
        }
        Violation::Password(PasswordRule::Breached) => {
            FieldError::new(password, Rule::Breached, "must not be known from a breach of some other service")
        }
        Violation::Name => FieldError::new("name", Rule::Format, "must have something to read, and no control characters"),
    }
}

pub(super) struct UsersApi;

#[OpenApi(prefix_path = "/v1/users", tag = "Tag::Users")]
impl UsersApi {
    /// Sign up
    ///
    /// Makes a user (201). It signs nobody in: that is `signIn` or `issueTokens`. Where the service wants addresses confirmed, the
    /// answer is 202 whether or not somebody has the address, and a mail to it says what to do: see `confirmRegistration`. The
    /// password is held against the rules, and counts for nothing yet.
    #[oai(path = "/", method = "post", operation_id = "registerUser")]
    async fn register(
        &self,
        state: State<'_>,
        client: Client,
        body: Body<RegisterUserRequest>,
    ) -> Result<Either<WithCookies<Reply<201, User>>, Accepted>, Refusal<RegisterError>> {
        let Body(RegisterUserRequest { email, password, name }) = body;
        match users::register(&state, Registration { address: email, password, name, client }).await? {
            Registered::Now(user, device) => Ok(Either::This(made(&state, &user, &device))),
            Registered::OnceConfirmed => Ok(Either::That(Accepted)),
        }
    }

    /// Confirm an address
    ///
    /// Makes the user whose address it is. The token is what the mail holds. The password is chosen now, by whoever reads the mail, so
    /// that nobody else's counts. It signs nobody in.
    #[oai(path = "/confirm", method = "post", operation_id = "confirmRegistration")]
    async fn confirm(
        &self,
        state: State<'_>,
        client: Client,
        body: Body<ConfirmRegistrationRequest>,
    ) -> Result<WithCookies<Reply<201, User>>, Refusal<ConfirmError>> {
        let Body(ConfirmRegistrationRequest { token, password, name }) = body;
        let (user, device) = users::confirm(&state, Confirmation { token, password, name, client }).await?;
        Ok(made(&state, &user, &device))
    }
}

fn made(state: &AppState, user: &user::Model, device: &DeviceToken) -> WithCookies<Reply<201, User>> {
    WithCookies(Reply((&UserSnapshot::from(user)).into()), vec![held::device(state, device)])
}
