//! Webhooks, by the Standard Webhooks specification: events of the audit trail, delivered to endpoints of other services.
//!
//! The transaction of an event queues its deliveries (`audit/store.rs`), so what happened is delivered, and nothing else. Any number of nodes
//! deliver: each delivery is claimed by one node, as mail is.

mod deliveries;
mod endpoint;
mod error;
mod events;
mod instruction;
mod outbox;
mod sealed;
mod store;
mod target;

pub use deliveries::{list_deliveries, replay, test_webhook};
pub use endpoint::{
    MAX_DESCRIPTION, NewWebhook, WebhookChange, create_webhook, delete_webhook, find_webhook, list_webhooks, rotate_secret,
    update_webhook,
};
pub use error::WebhookError;
pub use events::events;
pub use instruction::WebhookInstruction;
pub use outbox::{deliver, drain, measure, purge};
pub use sealed::reseal_webhooks;
pub use store::MAX_WEBHOOKS;
pub use target::{MAX_URL, TargetError};
