//! `reset_request`: requests for a new password whose answer is given, and whose address is not looked up yet.

use sea_orm::entity::prelude::*;

use crate::{ResetRequestId, UnixMillis};

/// One row of `reset_request`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reset_request")]
pub struct Model {
    /// Sorts by age.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ResetRequestId,
    /// The address, in the form in which addresses are compared.
    pub email_canonical: String,
    /// The language of the request: a BCP 47 tag.
    pub locale: String,
    /// Whether strangers can make such requests: then the mail counts on the limit of the user.
    pub is_limited: bool,
    /// When the request was made.
    pub created_at: UnixMillis,
}

/// No relations: most addresses in it may have no user.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
