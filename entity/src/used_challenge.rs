//! `used_challenge`: what passkeys have signed. A row keeps a signature from being used twice, until its challenge has expired.

use sea_orm::entity::prelude::*;

use crate::{SecretHash, UnixMillis};

/// One row of `used_challenge`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "used_challenge")]
pub struct Model {
    /// SHA-256 of the challenge.
    #[sea_orm(primary_key, auto_increment = false)]
    pub challenge_hash: SecretHash,
    /// When the challenge expires.
    pub expires_at: UnixMillis,
}

/// It belongs to no user.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
