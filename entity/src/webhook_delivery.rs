//! `webhook_delivery`: rows of the audit trail that are to be delivered to endpoints. A row is inserted in the transaction of the event.

use sea_orm::entity::prelude::*;

use crate::{AuditEventId, UnixMillis, UserId, WebhookId};

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(12))")]
pub enum Status {
    /// It waits, or is on its way.
    #[sea_orm(string_value = "waiting")]
    Waiting,
    /// The receiver has it.
    #[sea_orm(string_value = "delivered")]
    Delivered,
    /// It was given up.
    #[sea_orm(string_value = "dead")]
    Dead,
}

/// One row of `webhook_delivery`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_delivery")]
pub struct Model {
    /// Grows in the order of the transactions that wait for each other, even if the clocks of the nodes differ.
    #[sea_orm(primary_key)]
    pub position: i64,
    /// The endpoint.
    pub webhook_id: WebhookId,
    /// The row of the audit trail.
    pub audit_event_id: AuditEventId,
    /// The name of the event. It outlives the row of the audit trail.
    pub event: String,
    /// The user whom the event is about: the deliveries of each are made in their order.
    pub user_id: Option<UserId>,
    /// What became of it.
    pub status: Status,
    /// When it was queued, first or again.
    pub queued_at: UnixMillis,
    /// How often its delivery was attempted.
    pub attempts: i32,
    /// When the next attempt is due.
    pub next_attempt_at: UnixMillis,
    /// Until when a node delivers it. After that, another node may.
    pub claimed_until: UnixMillis,
    /// Why the last attempt failed, in a few words.
    pub failure: Option<String>,
    /// When it was delivered or given up.
    pub ended_at: Option<UnixMillis>,
}

/// No relations: a delivery may be queued while its endpoint is deleted.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
