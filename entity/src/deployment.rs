//! `deployment`: what all nodes on this database have in common.

use sea_orm::entity::prelude::*;

/// One row of `deployment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deployment")]
pub struct Model {
    /// What it is: `id`, `server_secret`, `public_url` and others.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// A fingerprint or a public value, never a secret.
    pub content: String,
}

/// It belongs to no other row.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
