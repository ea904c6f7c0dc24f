//! `audit_event`: the audit trail. Rows are added, and removed when they are old; deleting a user takes the requester from them, and nothing
//! else changes one.

use sea_orm::{Iterable, entity::prelude::*};

use crate::{AuditEventId, SessionId, UnixMillis, UserId};

/// What kind of actor caused an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum ActorKind {
    /// A user, or a client that has not authenticated.
    #[sea_orm(string_value = "user")]
    User,
    /// An operator, on the command line.
    #[sea_orm(string_value = "operator")]
    Operator,
    /// An admin key.
    #[sea_orm(string_value = "key")]
    Key,
    /// The service itself.
    #[sea_orm(string_value = "system")]
    System,
}

impl ActorKind {
    /// As it is stored.
    pub fn name(self) -> String {
        self.to_value()
    }

    /// The kind that is stored as this.
    pub fn named(name: &str) -> Option<Self> {
        <Self as Iterable>::iter().find(|kind| kind.name() == name)
    }
}

/// One row of `audit_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    /// Begins with `at`, so it is the cursor too.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEventId,
    /// When it happened.
    pub at: UnixMillis,
    /// Its name in the catalogue of events. A newer version may know more names.
    pub event: String,
    /// One of a few words; empty where there is only one reason.
    pub reason: String,
    /// What kind of actor caused it.
    pub actor_kind: ActorKind,
    /// Which one; `None` for the service itself, and for a client that has not authenticated.
    pub actor_id: Option<String>,
    /// The user whom it is about. No foreign key: the row outlives the user.
    pub user_id: Option<UserId>,
    /// The session that it is about.
    pub session_id: Option<SessionId>,
    /// The address of the requester.
    pub ip: Option<String>,
    /// The `User-Agent` of the requester, cut to 256 characters.
    pub user_agent: Option<String>,
    /// The request, as its log lines and its problem name it.
    pub request_id: Option<Uuid>,
    /// What it is about, if that is no user and no session: an admin key with its id, scopes and name. At most 256 characters.
    pub detail: Option<String>,
    /// How many times it happened: refusals that are alike share a row.
    pub times: i64,
}

/// It belongs to no other row.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
