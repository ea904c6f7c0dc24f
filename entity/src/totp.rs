//! `totp`: the secret that a user shares with an authenticator app. It counts once the user has confirmed it with a code.

use sea_orm::entity::prelude::*;

use crate::{UnixMillis, UserId};

/// One row of `totp`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "totp")]
pub struct Model {
    /// The user who has it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The secret, sealed for the user.
    pub secret: Vec<u8>,
    /// The time step of the newest code that was accepted: it and all earlier ones are refused. 0 before the first.
    pub last_step: i64,
    /// When the secret was made.
    pub created_at: UnixMillis,
    /// When the user confirmed it.
    pub confirmed_at: Option<UnixMillis>,
}

/// A user that is deleted takes it along.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
