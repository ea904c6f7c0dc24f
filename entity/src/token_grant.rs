//! `token_grant`: one chain of refresh tokens that belongs to a session. `GRANT` is a reserved word of SQL, hence the longer name.

use sea_orm::entity::prelude::*;

use crate::{GrantId, Seed, SessionId, UnixMillis};

/// Where the refresh token of a grant travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum RefreshIn {
    /// In the JSON body: native apps and scripts.
    #[sea_orm(string_value = "body")]
    Body,
    /// In an `HttpOnly` cookie: pages, where no script may read it.
    #[sea_orm(string_value = "cookie")]
    Cookie,
}

/// One row of `token_grant`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_grant")]
pub struct Model {
    /// The first 16 bytes of each refresh token of the chain. A session's own grant has the session's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GrantId,
    /// The session that the grant ends with.
    pub session_id: SessionId,
    /// What the refresh tokens are derived from, together with the server secret.
    pub seed: Seed,
    /// The number of the refresh token that is valid now.
    pub generation: i64,
    /// When `generation` was last raised.
    pub rotated_at: Option<UnixMillis>,
    /// Where the refresh token travels.
    pub refresh_in: RefreshIn,
}

/// A grant belongs to a session.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Deleting the session deletes the grant.
    #[sea_orm(
        belongs_to = "super::session::Entity",
        from = "Column::SessionId",
        to = "super::session::Column::Id",
        on_delete = "Cascade"
    )]
    Session,
}

impl Related<super::session::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Session.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
