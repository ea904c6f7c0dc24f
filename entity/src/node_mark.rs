//! `node_mark`: what each node leaves in the database again and again. If a mark is gone, the database went back in time.

use sea_orm::entity::prelude::*;

use crate::UnixMillis;

/// One row of `node_mark`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "node_mark")]
pub struct Model {
    /// A start of a node.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// How many marks it has made.
    pub count: i64,
    /// When it made the last one, by the database's clock.
    pub made_at: UnixMillis,
}

/// It belongs to no other row.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
