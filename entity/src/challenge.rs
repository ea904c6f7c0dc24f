//! `challenge`: sign-ins that are proved only in part, and wait for a second factor. A row is deleted when it is completed, and purged when
//! it has expired.

use sea_orm::entity::prelude::*;

use crate::{ChallengeId, Methods, SecretHash, UnixMillis, UserId, session::Mode, token_grant::RefreshIn};

/// One row of `challenge`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "challenge")]
pub struct Model {
    /// The first half of what the client holds.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChallengeId,
    /// Who signs in.
    pub user_id: UserId,
    /// The user's epoch when the first factor was proved. The challenge is void under another one.
    pub credential_epoch: i64,
    /// SHA-256 of the other half.
    pub secret_hash: SecretHash,
    /// What was proved.
    pub methods: Methods,
    /// How the session will be presented.
    pub mode: Mode,
    /// Mode `token`: where the refresh token will travel.
    pub refresh_in: Option<RefreshIn>,
    /// Whether the user asked to stay signed in.
    pub remember: bool,
    /// How many codes were tried.
    pub tries: i32,
    /// When it expires.
    pub expires_at: UnixMillis,
}

/// A user that is deleted takes their challenges along.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
