//! `attempt_limit`: how many more wrong passwords an account takes, and where its owner signed in before.

use sea_orm::entity::prelude::*;

use crate::{LimitKey, UnixMillis};

/// One row of `attempt_limit`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt_limit")]
pub struct Model {
    /// What is limited: an account for strangers, or an account for one network or device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: LimitKey,
    /// When the limit will be as good as new (GCRA's theoretical arrival time).
    pub new_at: UnixMillis,
    /// Until when the network or device counts as one of the owner's.
    pub known_until: Option<UnixMillis>,
}

/// A limit stands alone.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
