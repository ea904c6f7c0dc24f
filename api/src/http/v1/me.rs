//! The account of the current user.

use poem::http::HeaderMap;
use poem_openapi::{
    Object, OpenApi,
    types::{Example, MaybeUndefined},
};

use super::{
    model::{SignedIn, User},
    password_problems::{NotAccepted, field_error},
    session::signed_in_on,
    tag::Tag,
};
use crate::{
    accounts::{self, ChangePasswordError, DeleteError, Field, ProfileChange, UpdateProfileError},
    authentication::VerifyPasswordError,
    http::{
        request::{
            State,
            body::Body,
            cookie_parameter::DeviceCookie,
            credentials::{ActiveSession, FreshSession},
            json_object::JsonObject,
            text_field::{LocaleField, NameField},
        },
        response::{
            credential_cookies,
            problem::{ErrorResponse, problems},
            reply::{NoContent, Reply, WithCookies},
        },
    },
    requester::Requester,
    secret::Password,
};

/// Changing the current user. Fields that are left out stay.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct UpdateMeRequest {
    /// The name to show: at least one visible character, no control characters, and none that hide themselves or reorder the text around
    /// them. Null removes it. Joiners and variation selectors stand only where a spelling or an emoji needs them.
    #[oai(nullable)]
    name: MaybeUndefined<NameField>,
    /// The language of mails: a BCP 47 tag; null removes it.
    #[oai(nullable)]
    locale: MaybeUndefined<LocaleField>,
    /// A merge patch (RFC 7396) of what the app stores with the user: at most 8 KiB and five levels; null removes all.
    #[oai(nullable)]
    user_metadata: MaybeUndefined<JsonObject>,
}

impl Example for UpdateMeRequest {
    fn example() -> Self {
        Self {
            name: MaybeUndefined::Value(NameField("Ada King".to_owned())),
            locale: MaybeUndefined::Value(LocaleField("ko".to_owned())),
            user_metadata: MaybeUndefined::Value(JsonObject::example("theme", "dark")),
        }
    }
}

/// Changing the password.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct ChangePasswordRequest {
    current_password: Password,
    /// Any characters, at least 8 of them (the service may demand more), at most 1024 bytes.
    #[oai(validator(min_length = 8))]
    new_password: Password,
}

impl Example for ChangePasswordRequest {
    fn example() -> Self {
        let password = |typed: &str| Password::new(typed.to_owned());
        Self { current_password: password("correct horse battery"), new_password: password("another horse entirely") }
    }
}

problems!(UpdateProfileError {
    UpdateProfileError::Invalid(violation) => ValidationFailed.fields(vec![field_error(violation, "password")]),
    UpdateProfileError::Ended => InvalidSession,
    UpdateProfileError::Store(error) => Unavailable.log(&error),
});

problems!(DeleteError {
    DeleteError::Ended => InvalidSession,
    DeleteError::LastAdministrator => LastAdministrator,
    DeleteError::Store(error) => Unavailable.log(&error),
});

problems!(ChangePasswordError {
    ChangePasswordError::Choose(error) => (NotAccepted: NotAccepted(error, "new_password")),
    ChangePasswordError::Verify(error) => (VerifyPasswordError: error),
    ChangePasswordError::NotFresh => ReauthenticationRequired,
    ChangePasswordError::Ended => InvalidSession,
    ChangePasswordError::Store(error) => Unavailable.log(&error),
    ChangePasswordError::Signing(error) => InternalError.log(&error),
});

pub(in crate::http) fn field<T>(given: MaybeUndefined<T>) -> Field<T> {
    match given {
        MaybeUndefined::Undefined => Field::Keep,
        MaybeUndefined::Null => Field::Remove,
        MaybeUndefined::Value(value) => Field::Set(value),
    }
}

pub(in crate::http) struct MeApi;

#[OpenApi(prefix_path = "/v1/me", tag = "Tag::Me")]
impl MeApi {
    /// Get the current user
    ///
    /// Answers with the user of the credential.
    #[oai(path = "/", method = "get", operation_id = "getMe")]
    async fn get(&self, principal: ActiveSession) -> Reply<200, User> {
        Reply(principal.0.user.as_ref().into())
    }

    /// Change the current user
    ///
    /// Changes the fields that are given and leaves the rest.
    #[oai(path = "/", method = "patch", operation_id = "updateMe")]
    async fn update(
        &self,
        state: State<'_>,
        principal: ActiveSession,
        body: Body<UpdateMeRequest>,
    ) -> Result<Reply<200, User>, ErrorResponse<UpdateProfileError>> {
        let Body(UpdateMeRequest { name, locale, user_metadata }) = body;
        let user_metadata = field(user_metadata).map(|JsonObject(members)| members);
        let change = ProfileChange {
            name: field(name).map(|NameField(name)| name),
            locale: field(locale).map(|LocaleField(locale)| locale),
            user_metadata,
        };
        if change == ProfileChange::default() {
            return Ok(Reply(principal.0.user.as_ref().into()));
        }
        let user = accounts::update_profile(&state, &principal.0, change).await?;
        Ok(Reply((&user).into()))
    }

    /// Delete the current user
    ///
    /// Deletes the user with all personal data, and all their sessions. It cannot be undone, unless `accounts.deletion_grace` is set: then
    /// the sessions end now, the account is deleted after the grace, and a sign-in before cancels that. The session must be fresh: see
    /// `reauthenticate`.
    #[oai(path = "/", method = "delete", operation_id = "deleteMe")]
    async fn delete(
        &self,
        state: State<'_>,
        principal: FreshSession,
        requester: Requester,
        headers: &HeaderMap,
    ) -> Result<WithCookies<NoContent>, ErrorResponse<DeleteError>> {
        accounts::delete(&state, &principal.0, &requester).await?;
        Ok(WithCookies(NoContent, credential_cookies::clear(headers, &state)))
    }

    /// Change the password
    ///
    /// Ends all other sessions. This one gets a new secret: a new cookie, or new tokens. The account trusts no other device any more, and
    /// this one gets a new device token. For a user with a second factor the session must be fresh: see `reauthenticate`.
    #[oai(path = "/password", method = "put", operation_id = "changePassword")]
    async fn change_password(
        &self,
        state: State<'_>,
        principal: ActiveSession,
        #[oai(name = "device")] _device: DeviceCookie,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<ChangePasswordRequest>,
    ) -> Result<WithCookies<Reply<200, SignedIn>>, ErrorResponse<ChangePasswordError>> {
        let Body(ChangePasswordRequest { current_password, new_password }) = body;
        let (renewed, device) = accounts::change_password(&state, principal.0, current_password, new_password, &requester).await?;
        Ok(signed_in_on(&device, headers, &state, renewed))
    }
}
