//! What people do with their own account.

use poem::http::HeaderMap;
use poem_openapi::{
    Object, OpenApi,
    types::{Example, MaybeUndefined},
};

use super::{
    Tag,
    body::Body,
    credential::{SignedIn, State},
    held,
    problem::{Refusal, problems},
    reply::{NoContent, Reply, WithCookies},
    session::{self, Reissued},
    users::{User, field_error},
};
use crate::{
    account::{self, ChangePasswordError, DeleteError, RenameError},
    client::Client,
    secret::Password,
    users::{PresentError, Violation},
};

/// Changing oneself. What is left out stays.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct UpdateMeRequest {
    /// What to be called; null removes it.
    #[oai(nullable, validator(min_length = 1, max_length = 100))]
    name: MaybeUndefined<String>,
}

impl Example for UpdateMeRequest {
    fn example() -> Self {
        Self { name: MaybeUndefined::Value("Ada King".to_owned()) }
    }
}

/// Changing the password.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct ChangePasswordRequest {
    current_password: Password,
    /// Any characters at all, at least 8 of them (the service may demand more), at most 1024 bytes.
    #[oai(validator(min_length = 8))]
    new_password: Password,
}

impl Example for ChangePasswordRequest {
    fn example() -> Self {
        let password = |typed: &str| Password::new(typed.to_owned());
        Self { current_password: password("correct horse battery"), new_password: password("another horse entirely") }
    }
}

problems!(RenameError {
    RenameError::Invalid(violation) => ValidationFailed.fields(vec![field_error(violation, "password")]),
    RenameError::Gone => InvalidSession,
    RenameError::Store(error) => Unavailable.log(&error),
});

problems!(DeleteError {
    DeleteError::NotFresh => ReauthenticationRequired,
    DeleteError::Store(error) => Unavailable.log(&error),
});

problems!(ChangePasswordError {
    ChangePasswordError::Invalid(rule) => ValidationFailed.fields(vec![field_error(Violation::from(rule), "new_password")]),
    ChangePasswordError::Breached(error) => Unavailable.log(&error),
    ChangePasswordError::WrongPassword => WrongPassword,
    ChangePasswordError::Ended => InvalidSession,
    ChangePasswordError::Present(error) => (error: PresentError),
    ChangePasswordError::Store(error) => Unavailable.log(&error),
    ChangePasswordError::Signing(error) => InternalError.log(&error),
});

pub(super) struct MeApi;

#[OpenApi(prefix_path = "/v1/me", tag = "Tag::Me")]
impl MeApi {
    /// See oneself
    ///
    /// The user that the credential belongs to.
    #[oai(path = "/", method = "get", operation_id = "getMe")]
    async fn get(&self, who: SignedIn) -> Reply<200, User> {
        Reply(who.0.user.as_ref().into())
    }

    /// Change oneself
    ///
    /// Changes what is given and leaves the rest.
    #[oai(path = "/", method = "patch", operation_id = "updateMe")]
    async fn update(
        &self,
        state: State<'_>,
        who: SignedIn,
        body: Body<UpdateMeRequest>,
    ) -> Result<Reply<200, User>, Refusal<RenameError>> {
        let user = match body.0.name {
            MaybeUndefined::Undefined => return Ok(Reply(who.0.user.as_ref().into())),
            MaybeUndefined::Null => account::rename(&state, &who.0, None).await?,
            MaybeUndefined::Value(name) => account::rename(&state, &who.0, Some(name)).await?,
        };
        Ok(Reply((&user).into()))
    }

    /// Delete oneself
    ///
    /// Removes the user and all their sessions, for ever. The password must have been typed lately: see `reauthenticate`.
    #[oai(path = "/", method = "delete", operation_id = "deleteMe")]
    async fn delete(
        &self,
        state: State<'_>,
        who: SignedIn,
        headers: &HeaderMap,
    ) -> Result<WithCookies<NoContent>, Refusal<DeleteError>> {
        account::delete(&state, &who.0).await?;
        Ok(WithCookies(NoContent, held::take_back(headers, &state)))
    }

    /// Change the password
    ///
    /// Ends all other sessions. This one goes on with a new secret: a new cookie, or new tokens.
    #[oai(path = "/password", method = "put", operation_id = "changePassword")]
    async fn change_password(
        &self,
        state: State<'_>,
        who: SignedIn,
        client: Client,
        body: Body<ChangePasswordRequest>,
    ) -> Result<WithCookies<Reply<200, Reissued>>, Refusal<ChangePasswordError>> {
        let Body(ChangePasswordRequest { current_password, new_password }) = body;
        let renewed = account::change_password(&state, who.0, current_password, new_password, &client).await?;
        Ok(session::reissued(&state, renewed))
    }
}
