//! `webhook`: endpoints of receivers, to which events are delivered.

use sea_orm::entity::prelude::*;

use crate::{UnixMillis, WebhookId};

/// One row of `webhook`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookId,
    /// Where the receiver listens.
    pub url: String,
    /// What the operator notes about it.
    pub description: Option<String>,
    /// The names of the events that are delivered, separated by spaces; empty: all.
    pub events: String,
    /// Whether events are delivered.
    pub enabled: bool,
    /// What signs deliveries, sealed.
    pub secret: Vec<u8>,
    /// What signed them before, sealed.
    pub former_secret: Option<Vec<u8>>,
    /// Until when the former secret signs too.
    pub former_until: Option<UnixMillis>,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: UnixMillis,
}

impl Model {
    /// Whether an event with this name is delivered to it.
    pub fn takes(&self, event: &str) -> bool {
        self.enabled && (self.events.is_empty() || self.events.split(' ').any(|name| name == event))
    }
}

/// It belongs to no other row.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
