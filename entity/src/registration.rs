//! `registration`: registrations whose address is not confirmed yet. A row becomes a user, or expires.

use sea_orm::entity::prelude::*;

use crate::{RegistrationId, SecretHash, UnixMillis};

/// One row of `registration`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registration")]
pub struct Model {
    /// The first half of the token in the mail.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegistrationId,
    /// SHA-256 of the other half.
    pub secret_hash: SecretHash,
    /// The address exactly as the user typed it.
    pub email: String,
    /// The form in which addresses are compared.
    pub email_canonical: String,
    /// When the token expires.
    pub expires_at: UnixMillis,
}

/// No relations: the user does not exist yet.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
