//! `password`: a user's password, hashed. A user who signs in by other means has no row.

use sea_orm::entity::prelude::*;

use crate::{PasswordHash, UnixMillis, UserId};

/// One row of `password`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "password")]
pub struct Model {
    /// The user who has it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// A PHC or MCF string: scheme, parameters, salt and hash.
    pub hash: PasswordHash,
    /// When the user chose this password. A new hash of the same password does not change it.
    pub changed_at: UnixMillis,
}

/// A password belongs to a user.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Deleting the user deletes the password.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id", on_delete = "Cascade")]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
