//! `registration`: sign-ups whose address is yet to be confirmed. A row becomes a user, or expires.

use sea_orm::entity::prelude::*;

use crate::{RegistrationId, SecretHash, UnixMillis};

/// One row of `registration`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registration")]
pub struct Model {
    /// The first half of the token that was sent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegistrationId,
    /// What the other half hashes to.
    pub secret_hash: SecretHash,
    /// The address exactly as the user typed it.
    pub email: String,
    /// The form in which addresses are compared.
    pub email_canonical: String,
    /// When the token expires.
    pub expires_at: UnixMillis,
}

/// There is no user yet to belong to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
