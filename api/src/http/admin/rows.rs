//! Rows as the answers of the admin API have them, for the command line: one form of each row.

use entity::{audit_event, session, user, webhook, webhook_delivery};
use serde_json::{Value, json};

use super::{
    audit::AuditEvent,
    model::AdminUser,
    sessions::AdminSession,
    webhook_model::{Webhook, WebhookDelivery},
};
use crate::state::AppState;

/// A row of the audit trail.
pub fn audit_event(row: audit_event::Model) -> Value {
    json!(AuditEvent::from(row))
}

/// A user.
pub fn user(row: &user::Model) -> Value {
    json!(AdminUser::from(row))
}

/// A session.
pub fn session(state: &AppState, row: session::Model) -> Value {
    json!(AdminSession::new(state, row))
}

/// A webhook.
pub fn webhook(row: webhook::Model) -> Value {
    json!(Webhook::from(row))
}

/// The delivery of an event to a webhook.
pub fn delivery(row: webhook_delivery::Model) -> Value {
    json!(WebhookDelivery::from(row))
}
