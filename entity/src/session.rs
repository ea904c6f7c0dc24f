//! `session`: one row a sign-in, whichever face it shows.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{SecretHash, Seed, SessionId, UnixMillis, UserId};

/// How a session shows itself to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum Face {
    /// An opaque secret in an `HttpOnly` cookie.
    #[sea_orm(string_value = "cookie")]
    Cookie,
    /// An access token and a refresh token.
    #[sea_orm(string_value = "bearer")]
    Bearer,
}

/// Where the refresh token of a bearer session travels.
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

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))")]
pub enum EndedBecause {
    /// The person signed out.
    #[sea_orm(string_value = "signed_out")]
    SignedOut,
    /// A new sign-in in the same browser took its place.
    #[sea_orm(string_value = "replaced")]
    Replaced,
    /// The person ended it from another session.
    #[sea_orm(string_value = "revoked")]
    Revoked,
    /// The password was changed from another session.
    #[sea_orm(string_value = "password_changed")]
    PasswordChanged,
    /// A refresh token that was already used came back: somebody has a copy.
    #[sea_orm(string_value = "refresh_reused")]
    RefreshReused,
    /// Whoever runs the service signed the user out, or disabled them.
    #[sea_orm(string_value = "by_operator")]
    ByOperator,
}

impl EndedBecause {
    /// As it is stored.
    pub fn name(self) -> String {
        self.to_value()
    }
}

/// One row of `session`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// The public id and the JWT's `sid`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// How this session shows itself.
    pub face: Face,
    /// Cookie face: what the cookie's secret hashes to.
    pub secret_hash: Option<SecretHash>,
    /// Bearer face: what refresh tokens are derived from.
    pub seed: Option<Seed>,
    /// Bearer face: the number of the refresh token that counts.
    pub generation: i32,
    /// Bearer face: when `generation` was last raised.
    pub rotated_at: Option<UnixMillis>,
    /// Bearer face: where the refresh token travels.
    pub refresh_in: Option<RefreshIn>,
    /// When a credential (not a token) was last proved.
    pub authenticated_at: UnixMillis,
    /// How it was proved: RFC 8176 `amr` values, separated by spaces.
    pub methods: String,
    /// Whether the person asked to stay signed in.
    pub remember: bool,
    /// When the person signed in.
    pub created_at: UnixMillis,
    /// When the session was last used, to within a tenth of its idle time.
    pub last_seen_at: UnixMillis,
    /// When it ends if nobody uses it.
    pub idle_expires_at: UnixMillis,
    /// When it ends in any case.
    pub expires_at: UnixMillis,
    /// The client's address at sign-in.
    pub ip: Option<String>,
    /// The client's `User-Agent` at sign-in, cut to 256 characters.
    pub user_agent: Option<String>,
    /// Raised by every change that a verification must see.
    pub version: i64,
    /// When `version` was last raised, by the database's clock: whoever follows changes asks by it.
    pub changed_at: UnixMillis,
    /// When it ended before its time.
    pub ended_at: Option<UnixMillis>,
    /// Why it ended before its time.
    pub ended_because: Option<EndedBecause>,
}

/// A session belongs to a user.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The user who signed in; deleting them deletes the session.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id", on_delete = "Cascade")]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
