//! `session`: one row a sign-in, in either mode.

use sea_orm::{Iterable, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{Methods, SecretHash, SessionId, UnixMillis, UserId};

/// How a session is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum Mode {
    /// An opaque secret in an `HttpOnly` cookie.
    #[sea_orm(string_value = "cookie")]
    Cookie,
    /// An access token and a refresh token.
    #[sea_orm(string_value = "token")]
    Token,
}

impl Mode {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Token => "token",
        }
    }
}

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))")]
pub enum EndedBecause {
    /// The user signed out.
    #[sea_orm(string_value = "signed_out")]
    SignedOut,
    /// A new sign-in in the same browser took its place.
    #[sea_orm(string_value = "replaced")]
    Replaced,
    /// The user ended it from another session.
    #[sea_orm(string_value = "revoked")]
    Revoked,
    /// The password was changed from another session.
    #[sea_orm(string_value = "password_changed")]
    PasswordChanged,
    /// A refresh token was used twice, so there is a copy of it.
    #[sea_orm(string_value = "refresh_reused")]
    RefreshReused,
    /// An operator signed the user out, or disabled them.
    #[sea_orm(string_value = "by_operator")]
    ByOperator,
    /// The owner of the address took the account over from a stranger who had signed up with it.
    #[sea_orm(string_value = "email_claimed")]
    EmailClaimed,
    /// A change of the address was undone from the old mailbox.
    #[sea_orm(string_value = "email_undone")]
    EmailUndone,
    /// The user did not do what a mail reported.
    #[sea_orm(string_value = "not_me")]
    NotMe,
}

impl EndedBecause {
    /// As it is stored.
    pub fn name(self) -> String {
        self.to_value()
    }

    /// All of them, as they are stored.
    pub fn names() -> impl Iterator<Item = String> {
        <Self as Iterable>::iter().map(Self::name)
    }
}

/// One row of `session`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// The public id and the JWT's `sid`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// The user who signed in.
    pub user_id: UserId,
    /// How the session is presented.
    pub mode: Mode,
    /// Mode `cookie`: the hash of the cookie's secret. Mode `token` has a row in `token_grant` instead.
    pub secret_hash: Option<SecretHash>,
    /// When the user last authenticated.
    pub authenticated_at: UnixMillis,
    /// How the user authenticated.
    pub methods: Methods,
    /// Whether the user asked to stay signed in.
    pub remember: bool,
    /// When the user signed in.
    pub created_at: UnixMillis,
    /// When the session was last used, to within a tenth of its idle time.
    pub last_seen_at: UnixMillis,
    /// When it ends if it is not used.
    pub idle_expires_at: UnixMillis,
    /// When it ends at the latest.
    pub expires_at: UnixMillis,
    /// The client's address at sign-in.
    pub ip: Option<String>,
    /// The client's `User-Agent` at sign-in, cut to 256 characters.
    pub user_agent: Option<String>,
    /// Raised by every change that a verification must see.
    pub version: i64,
    /// When `version` was last raised, by the database's clock: nodes poll for changes by it.
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
