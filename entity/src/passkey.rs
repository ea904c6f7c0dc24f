//! `passkey`: public keys that sign users in.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::{PasskeyId, UnixMillis, UserId};

/// One row of `passkey`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passkey")]
pub struct Model {
    /// The public id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PasskeyId,
    /// The user who has it.
    pub user_id: UserId,
    /// The id that the authenticator gave it; unique.
    #[sea_orm(unique)]
    pub credential_id: Vec<u8>,
    /// The key that verifies its signatures, as COSE writes it.
    pub public_key: Vec<u8>,
    /// What the user calls it.
    pub name: String,
    /// The model of the authenticator, as it claims. All zero if it does not say.
    pub aaguid: Uuid,
    /// How browsers reach the authenticator, separated by spaces.
    pub transports: String,
    /// The number of signatures, as the authenticator last said; 0 if it does not count.
    pub sign_count: i64,
    /// Whether it may be copied to other devices of the user. It never changes.
    pub backup_eligible: bool,
    /// Whether it was copied when it was last used.
    pub backed_up: bool,
    /// When it was added.
    pub created_at: UnixMillis,
    /// When it last signed the user in.
    pub last_used_at: Option<UnixMillis>,
}

/// A passkey belongs to a user.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Deleting the user deletes the passkey.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id", on_delete = "Cascade")]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
