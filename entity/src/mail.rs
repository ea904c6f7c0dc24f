//! `mail`: mail that is not delivered yet. A row is inserted in the transaction that causes the mail, and deleted after delivery.

use sea_orm::entity::prelude::*;

use crate::{MailId, UnixMillis};

/// One row of `mail`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail")]
pub struct Model {
    /// Sorts by age.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MailId,
    /// The address as the user typed it.
    pub recipient: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// When the mail was caused.
    pub created_at: UnixMillis,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
