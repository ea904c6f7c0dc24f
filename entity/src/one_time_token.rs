//! `one_time_token`: what the links in mails are good for. A row is deleted when its token is used, and purged when it has expired.

use sea_orm::{Iterable, entity::prelude::*};

use crate::{OneTimeTokenId, SecretHash, SessionId, UnixMillis, UserId};

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))")]
pub enum Purpose {
    /// Creating a user with the address.
    #[sea_orm(string_value = "confirm_registration")]
    ConfirmRegistration,
    /// Choosing a new password.
    #[sea_orm(string_value = "reset_password")]
    ResetPassword,
    /// Choosing the first password, with the token of a mail.
    #[sea_orm(string_value = "invitation")]
    Invitation,
    /// The same, with a token that an operator hands over. It proves no mailbox.
    #[sea_orm(string_value = "handed_invitation")]
    HandedInvitation,
    /// Confirming that the address belongs to the user.
    #[sea_orm(string_value = "confirm_email")]
    ConfirmEmail,
    /// Giving the user the address back that they had before.
    #[sea_orm(string_value = "undo_email")]
    UndoEmail,
    /// Ending all sessions: a security mail reported what the user did not do.
    #[sea_orm(string_value = "not_me")]
    NotMe,
}

impl Purpose {
    /// Those that a password is chosen with.
    pub const PASSWORD: [Self; 3] = [Self::ResetPassword, Self::Invitation, Self::HandedInvitation];

    /// As it is stored.
    pub fn name(self) -> String {
        self.to_value()
    }

    /// All of them, as they are stored.
    pub fn names() -> impl Iterator<Item = String> {
        <Self as Iterable>::iter().map(Self::name)
    }
}

/// One row of `one_time_token`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_token")]
pub struct Model {
    /// The first half of the token in the mail.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OneTimeTokenId,
    /// What it is good for.
    pub purpose: Purpose,
    /// SHA-256 of the other half.
    pub secret_hash: SecretHash,
    /// Whom it belongs to; a registration has no user yet.
    pub user_id: Option<UserId>,
    /// The session that asked for it. If that session ends, the token is void.
    pub session_id: Option<SessionId>,
    /// The address that it is about, exactly as the user typed it.
    pub email: String,
    /// The form in which addresses are compared.
    pub email_canonical: String,
    /// When it expires.
    pub expires_at: UnixMillis,
}

/// A user that is deleted takes their tokens along.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
