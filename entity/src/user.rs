//! `user`: one row a user.

use sea_orm::entity::prelude::*;

use crate::{Roles, UnixMillis, UserId};

/// Whether a user may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Status {
    /// May sign in.
    #[sea_orm(string_value = "active")]
    Active,
    /// May not sign in, and no credential of theirs is accepted.
    #[sea_orm(string_value = "disabled")]
    Disabled,
    /// Deleted, with all personal data. The row stays for a day, so that every node learns of it.
    #[sea_orm(string_value = "deleted")]
    Deleted,
}

/// One row of `user`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    /// The public id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// The address exactly as the user typed it: mail goes here.
    pub email: String,
    /// The form in which addresses are compared; unique.
    #[sea_orm(unique)]
    pub email_canonical: String,
    /// Whether the user has shown that they read mail at the address.
    pub email_verified: bool,
    /// The language of mails to the user: a BCP 47 tag.
    pub locale: Option<String>,
    /// The name that the user chose.
    pub name: Option<String>,
    /// What the app stores with the user, who may change it: a JSON object.
    pub user_metadata: Option<String>,
    /// What operators store with the user: a JSON object.
    pub app_metadata: Option<String>,
    /// When the account is deleted, unless the user signs in before.
    pub delete_at: Option<UnixMillis>,
    /// What the user may do.
    pub roles: Roles,
    /// Whether the user may sign in.
    pub status: Status,
    /// Raised by every change of the credentials. A proof that was established under another epoch opens no session.
    pub credential_epoch: i64,
    /// Whether the user has a second factor: then a password opens no session by itself.
    pub second_factor: bool,
    /// Raised by every change that a verification of a session must see.
    pub version: i64,
    /// When `version` was last raised, by the database's clock: nodes poll for changes by it.
    pub changed_at: UnixMillis,
    /// When the user signed up.
    pub created_at: UnixMillis,
}

/// A user may have a password. Sessions are read from their own side.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The user's password.
    #[sea_orm(has_one = "super::password::Entity")]
    Password,
}

impl Related<super::password::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Password.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
