//! Finding, creating, changing and deleting users.

use entity::UserId;
use poem_openapi::{
    Object, OpenApi,
    param::Path,
    types::{Example, MaybeUndefined},
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    model::{AdminUser, UserStatus},
    new_users::{CreateUserRequest, NewUserAnswer},
    parameters::{RoleName, SearchText},
    problems::{Read, Updating, Versioned},
    roles::{RolesOr, roles},
    search::{SearchError, bounded},
    tag::AdminTag,
};
use crate::{
    accounts::{self, CreateUserError, Instruction, OperatorError, UserChange, UserFilter},
    http::{
        request::{
            State,
            admin::{Admin, UsersRead, UsersWrite},
            body::Body,
            if_match::IfMatch,
            json_object::JsonObject,
            page::{Page, default_limit},
            parameter_types::{Digits, Id},
            query::Query,
            text_field::{LocaleField, NameField},
        },
        response::{
            problem::ErrorResponse,
            reply::{NoContent, Reply, Tagged},
        },
        v1::me::field,
    },
};

/// Users, newest first.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct UserList {
    items: Vec<AdminUser>,
    /// Present if there are more: pass it as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

impl Example for UserList {
    fn example() -> Self {
        Self { items: vec![AdminUser::example()], next: Some(Uuid::from_u128(0x019b_7a3d_1b5c_7e08_8f4a_2d9c_31e7_5a60)) }
    }
}

/// Changing a user. Fields that are left out stay.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct UpdateUserRequest {
    /// The name to show; null removes it.
    #[oai(nullable)]
    name: MaybeUndefined<NameField>,
    /// The language of mails: a BCP 47 tag; null removes it.
    #[oai(nullable)]
    locale: MaybeUndefined<LocaleField>,
    /// A merge patch (RFC 7396) of what operators store with the user: at most 8 KiB and five levels; null removes all.
    #[oai(nullable)]
    app_metadata: MaybeUndefined<JsonObject>,
    /// All roles, at most 16. An admin key cannot give `admin`.
    roles: Option<Vec<RoleName>>,
}

impl Example for UpdateUserRequest {
    fn example() -> Self {
        Self {
            name: MaybeUndefined::Value(NameField("Ada King".to_owned())),
            locale: MaybeUndefined::Value(LocaleField("ko".to_owned())),
            app_metadata: MaybeUndefined::Value(JsonObject::example("plan", "team")),
            roles: Some(vec![RoleName("editor".to_owned()), RoleName("reader".to_owned())]),
        }
    }
}

/// A user who was changed. Reading the user demands another scope.
#[derive(Object, Serialize)]
#[oai(example)]
struct ChangedUser {
    id: Uuid,
    /// For the next `If-Match`.
    version: i64,
}

impl Example for ChangedUser {
    fn example() -> Self {
        Self { id: Uuid::from_u128(0x019b_7a3d_1b5c_7e08_8f4a_2d9c_31e7_5a60), version: 8 }
    }
}

pub(in crate::http) struct AdminUsersApi;

#[OpenApi(prefix_path = "/v1/admin/users", tag = "AdminTag::Users")]
impl AdminUsersApi {
    /// List users
    ///
    /// Answers with the users who fit all that is given, newest first.
    #[oai(path = "/", method = "get", operation_id = "listUsers")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn list(
        &self,
        state: State<'_>,
        operator: Admin<UsersRead>,
        /// How the address begins, without regard to the case of ASCII letters.
        email: Query<Option<SearchText>>,
        /// A part of the name, without regard to the case of ASCII letters.
        name: Query<Option<SearchText>>,
        /// Whether they may sign in.
        status: Query<Option<UserStatus>>,
        /// A role that they have.
        role: Query<Option<RoleName>>,
        /// Whether they have a second factor.
        second_factor: Query<Option<bool>>,
        /// The maximum number of items in the answer.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Digits>,
        /// The `next` of the previous answer.
        after: Query<Option<Id>>,
    ) -> Result<Reply<200, UserList>, ErrorResponse<SearchError>> {
        let filter = UserFilter {
            email_beginning: email.0.map(|SearchText(text)| text),
            name_part: name.0.map(|SearchText(text)| text),
            status: status.0.map(Into::into),
            role: role.0.map(|RoleName(name)| name),
            second_factor: second_factor.0,
        };
        let (page, names_one) = (Page::new(&limit, &after), filter.email_beginning.is_some());
        let (before, at_most) = (page.after.map(UserId), page.to_read());
        let found =
            bounded(&state, &operator.0, async move |state| accounts::list_users(&state, &filter, before, at_most).await).await?;
        let (users, next) = page.cut(found, |user| user.id.0);
        if let [user] = users.as_slice()
            && names_one
        {
            accounts::note_read(&state, user.id, "user");
        }
        Ok(Reply(UserList { items: users.iter().map(Into::into).collect(), next }))
    }

    /// Create a user
    ///
    /// The answer has a one-time token with which the user chooses a password, within `admin.invitation_lifetime`. Using it does not verify
    /// the address. To let the user prove it, call `inviteUser` instead.
    #[oai(path = "/", method = "post", operation_id = "createUser")]
    async fn create(
        &self,
        state: State<'_>,
        operator: Admin<UsersWrite>,
        body: Body<CreateUserRequest>,
    ) -> Result<Tagged<Reply<201, NewUserAnswer>>, ErrorResponse<RolesOr<CreateUserError>>> {
        let create = body.0.checked().map_err(RolesOr::from)?;
        let created = accounts::create_user(&state, operator.0, create).await.map_err(RolesOr::Error)?;
        Ok(Tagged(Reply(NewUserAnswer::new(&created, &state.config)), created.user.version))
    }

    /// Get a user
    ///
    /// Answers with what is stored about the user. The `ETag`, which is `version` in double quotes, is for `If-Match`.
    #[oai(path = "/:id", method = "get", operation_id = "getUser")]
    async fn get(
        &self,
        state: State<'_>,
        _operator: Admin<UsersRead>,
        /// The user's id.
        id: Path<Id>,
    ) -> Result<Tagged<Reply<200, AdminUser>>, ErrorResponse<Read>> {
        let user = accounts::user_by_id(&state, UserId(id.0.0)).await.map_err(|error| Read(error.into()))?;
        let user = user.ok_or(Read(OperatorError::NotFound))?;
        accounts::note_read(&state, user.id, "user");
        Ok(Tagged(Reply((&user).into()), user.version))
    }

    /// Change a user
    ///
    /// Changes the fields that are given and leaves the rest. With `If-Match`, only if the user has that version: another operator may
    /// have changed the user. A role is given only to a user whose address is verified, or who has not chosen a password yet.
    #[oai(path = "/:id", method = "patch", operation_id = "updateUser")]
    async fn update(
        &self,
        state: State<'_>,
        operator: Admin<UsersWrite>,
        /// The user's id.
        id: Path<Id>,
        /// The `ETag` of the user as it was read: its `version` in double quotes. Several are separated by commas; `*` is any.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: Body<UpdateUserRequest>,
    ) -> Result<Tagged<Reply<200, ChangedUser>>, ErrorResponse<RolesOr<Updating>>> {
        let Body(UpdateUserRequest { name, locale, app_metadata, roles: names }) = body;
        let change = UserChange {
            name: field(name).map(|NameField(name)| name),
            locale: field(locale).map(|LocaleField(locale)| locale),
            app_metadata: field(app_metadata).map(|JsonObject(members)| members),
            roles: roles(names).map_err(RolesOr::from)?,
            knows_user: false,
        };
        let instruction = Instruction { by: operator.0, user: UserId(id.0.0), versions: if_match.0 };
        let user = accounts::update_user(&state, instruction, change).await.map_err(|error| RolesOr::Error(Updating(error)))?;
        Ok(Tagged(Reply(ChangedUser { id: user.id.0, version: user.version }), user.version))
    }

    /// Delete a user
    ///
    /// Deletes the user with all personal data and all their sessions, at once. A mail tells the user.
    #[oai(path = "/:id", method = "delete", operation_id = "deleteUser")]
    async fn delete(
        &self,
        state: State<'_>,
        operator: Admin<UsersWrite>,
        /// The user's id.
        id: Path<Id>,
        /// The `ETag` of the user as it was read: its `version` in double quotes. Several are separated by commas; `*` is any.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
    ) -> Result<NoContent, ErrorResponse<Versioned>> {
        let instruction = Instruction { by: operator.0, user: UserId(id.0.0), versions: if_match.0 };
        accounts::delete_user(&state, instruction).await.map_err(Versioned)?;
        Ok(NoContent)
    }
}
