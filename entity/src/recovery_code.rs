//! `recovery_code`: codes that a user wrote down, each good for one sign-in. A row is deleted when its code is used.

use sea_orm::entity::prelude::*;

use crate::{SecretHash, UserId};

/// One row of `recovery_code`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_code")]
pub struct Model {
    /// The user who has it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// SHA-256 of the user and the code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: SecretHash,
}

/// A user that is deleted takes them along.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
