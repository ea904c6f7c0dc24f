//! `attempt_limit`: how many more failed passwords an account allows.

use sea_orm::entity::prelude::*;

use crate::{LimitKey, UnixMillis};

/// One row of `attempt_limit`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt_limit")]
pub struct Model {
    /// What is limited: an account for all unknown devices, for one network, or for one device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: LimitKey,
    /// When the limit is full again (GCRA's theoretical arrival time).
    pub new_at: UnixMillis,
}

/// A limit stands alone.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
