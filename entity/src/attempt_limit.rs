//! `attempt_limit`: the number of failed passwords that an account still allows.

use sea_orm::entity::prelude::*;

use crate::{LimitKey, UnixMillis};

/// One row of `attempt_limit`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt_limit")]
pub struct Model {
    /// The limited attempts: on one account by all unknown devices, by one network, or by one device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: LimitKey,
    /// When the limit is full again (GCRA's theoretical arrival time).
    pub new_at: UnixMillis,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
