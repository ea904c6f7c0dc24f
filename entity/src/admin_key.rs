//! `admin_key`: credentials of programs for the admin API.

use sea_orm::entity::prelude::*;

use crate::{AdminKeyId, Scopes, SecretHash, UnixMillis};

/// One row of `admin_key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_key")]
pub struct Model {
    /// The first half of the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AdminKeyId,
    /// What the operator calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// SHA-256 of the other half.
    pub secret_hash: SecretHash,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it stops working.
    pub expires_at: UnixMillis,
    /// When it was last used, to within a minute.
    pub last_used_at: Option<UnixMillis>,
    /// When an operator revoked it.
    pub revoked_at: Option<UnixMillis>,
}

/// It belongs to no other row.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
