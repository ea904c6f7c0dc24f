//! Users who are created or invited.

use entity::UserId;
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use serde::Serialize;

use super::{
    model::AdminUser,
    parameters::RoleName,
    problems::{Inviting, InvitingNew},
    roles::{RolesOr, TooManyRoles, roles},
    tag::AdminTag,
};
use crate::{
    accounts::{self, CreateUser, CreatedUser, Instruction, InvitedUser},
    config::Config,
    email_address::EmailAddress,
    http::{
        request::{
            State,
            admin::{Admin, UsersWrite},
            body::Body,
            parameter_types::Id,
            text_field::{LocaleField, NameField},
        },
        response::{
            problem::ErrorResponse,
            reply::{Reply, Tagged},
            timestamp::Timestamp,
        },
        v1::model::instant,
    },
    mail::OneTimeLink,
};

/// A user to create. The user chooses the password.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct CreateUserRequest {
    email: EmailAddress,
    /// The name to show, with the rules of `registerUser`.
    name: Option<NameField>,
    /// The language of mails: a BCP 47 tag.
    locale: Option<LocaleField>,
    /// At most 16. An admin key cannot give `admin`.
    roles: Option<Vec<RoleName>>,
}

impl CreateUserRequest {
    pub(super) fn checked(self) -> Result<CreateUser, TooManyRoles> {
        Ok(CreateUser {
            email: self.email,
            name: self.name.map(|NameField(name)| name),
            locale: self.locale.map(|LocaleField(locale)| locale),
            roles: roles(self.roles)?.unwrap_or_default(),
        })
    }
}

impl Example for CreateUserRequest {
    fn example() -> Self {
        Self {
            email: EmailAddress::example(),
            name: Some(NameField("Ada Lovelace".to_owned())),
            locale: Some(LocaleField("en".to_owned())),
            roles: Some(vec![RoleName("editor".to_owned())]),
        }
    }
}

/// A user who was created, and what they choose a password with.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct NewUserAnswer {
    user: AdminUser,
    /// For `resetPassword`, once. Give it to the user alone.
    token: String,
    /// The page of the frontend that takes the token, if `pages.reset_password` names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// When the token expires.
    expires_at: Timestamp,
}

impl NewUserAnswer {
    pub(super) fn new(created: &CreatedUser, config: &Config) -> Self {
        let CreatedUser { user, token, expires_at } = created;
        let link = OneTimeLink::new(config.pages.reset_password.as_ref(), token).link;
        Self { user: user.into(), token: token.reveal().to_string(), link, expires_at: instant(*expires_at) }
    }
}

impl Example for NewUserAnswer {
    fn example() -> Self {
        let token = "bfo_AZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gws".to_owned();
        Self {
            user: AdminUser::example(),
            link: Some(format!("https://app.example.com/reset#{token}")),
            token,
            expires_at: instant(entity::UnixMillis(1_767_430_800_000)),
        }
    }
}

/// A user who was sent an invitation.
#[derive(Object, Serialize)]
#[oai(example)]
struct InvitedUserAnswer {
    user: AdminUser,
    /// When the invitation expires.
    expires_at: Timestamp,
}

impl Example for InvitedUserAnswer {
    fn example() -> Self {
        Self { user: AdminUser::example(), expires_at: instant(entity::UnixMillis(1_767_862_800_000)) }
    }
}

/// An invitation that was sent again.
#[derive(Object, Serialize)]
#[oai(example)]
struct InvitationAnswer {
    /// When it expires.
    expires_at: Timestamp,
}

impl Example for InvitationAnswer {
    fn example() -> Self {
        Self { expires_at: instant(entity::UnixMillis(1_767_949_200_000)) }
    }
}

pub(in crate::http) struct AdminNewUsersApi;

#[OpenApi(prefix_path = "/v1/admin", tag = "AdminTag::Users")]
impl AdminNewUsersApi {
    /// Invite a user
    ///
    /// Creates a user and sends them a mail with a one-time token. With it the user chooses a password, within `admin.invitation_lifetime`,
    /// which verifies the address. The answer does not have the token.
    #[oai(path = "/invitations", method = "post", operation_id = "inviteUser")]
    async fn invite(
        &self,
        state: State<'_>,
        operator: Admin<UsersWrite>,
        body: Body<CreateUserRequest>,
    ) -> Result<Tagged<Reply<201, InvitedUserAnswer>>, ErrorResponse<RolesOr<InvitingNew>>> {
        let create = body.0.checked().map_err(RolesOr::from)?;
        let invited = accounts::invite_user(&state, operator.0, create).await;
        let InvitedUser { user, expires_at } = invited.map_err(|error| RolesOr::Error(InvitingNew(error)))?;
        Ok(Tagged(Reply(InvitedUserAnswer { user: (&user).into(), expires_at: instant(expires_at) }), user.version))
    }

    /// Invite a user again
    ///
    /// Sends the mail of `inviteUser` to a user who has not chosen a password. The former token is void, also that of `createUser`.
    #[oai(path = "/users/:id/invite", method = "post", operation_id = "resendInvitation")]
    async fn resend(
        &self,
        state: State<'_>,
        operator: Admin<UsersWrite>,
        /// The user's id.
        id: Path<Id>,
    ) -> Result<Reply<200, InvitationAnswer>, ErrorResponse<Inviting>> {
        let instruction = Instruction { by: operator.0, user: UserId(id.0.0), versions: None };
        let InvitedUser { expires_at, .. } = accounts::resend_invitation(&state, instruction).await.map_err(Inviting)?;
        Ok(Reply(InvitationAnswer { expires_at: instant(expires_at) }))
    }
}
