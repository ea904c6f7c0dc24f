//! `user`: a person, and how they prove who they are.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{PasswordHash, UnixMillis, UserId};

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Role {
    /// Everything with their own account.
    #[sea_orm(string_value = "user")]
    User,
    /// Reserved for those who run the service.
    #[sea_orm(string_value = "admin")]
    Admin,
}

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
    /// Gone, with everything that told who they were. The row stays for a day, so that every node hears of it.
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
    /// The address exactly as it was typed: mail goes here.
    pub email: String,
    /// The form in which addresses are compared; unique.
    #[sea_orm(unique)]
    pub email_canonical: String,
    /// How the user wants to be called.
    pub name: Option<String>,
    /// What the user may do.
    pub role: Role,
    /// Whether the user may sign in.
    pub status: Status,
    /// The password.
    pub password_hash: PasswordHash,
    /// Raised by every change that a verification of a session must see.
    pub version: i64,
    /// When `version` was last raised, by the database's clock: whoever follows changes asks by it.
    pub changed_at: UnixMillis,
    /// When the user signed up.
    pub created_at: UnixMillis,
}

/// A user has sessions; they are read from the session's side.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
