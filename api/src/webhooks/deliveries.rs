//! Testing a webhook, reading its deliveries, and delivering again.

use std::sync::Arc;

use entity::{
    AuditEventId, UnixMillis, WebhookId,
    webhook_delivery::{Model, Status},
};

use super::{
    endpoint::find_webhook,
    error::{WebhookError, refusable},
    instruction::WebhookInstruction,
    outbox,
};
use crate::{
    audit::Event,
    db::Scope,
    state::{AppState, Tx},
};

/// Queues the delivery of an event that says that the webhook is tested.
pub async fn test_webhook(state: &Arc<AppState>, instruction: WebhookInstruction) -> Result<(), WebhookError> {
    let tested = state.write_or_refuse(Scope::Transaction, instruction, |tx, instruction| {
        Box::pin(async move { refusable(test(tx, instruction).await) })
    });
    tested.await?
}

async fn test(tx: &Tx, instruction: &WebhookInstruction) -> Result<(), WebhookError> {
    let webhook = instruction.begin(tx).await?;
    if !webhook.enabled {
        return Err(WebhookError::Disabled);
    }
    tx.record(Event::WebhookTested.of_webhook(webhook.id));
    Ok(())
}

/// The deliveries of a webhook, newest first: at most `limit` of those before the delivery of the event `before`.
pub async fn list_deliveries(
    state: &AppState,
    webhook: WebhookId,
    status: Option<Status>,
    before: Option<AuditEventId>,
    limit: u64,
) -> Result<Vec<Model>, WebhookError> {
    find_webhook(state, webhook).await?;
    Ok(outbox::store::list(state.db.connection(), webhook, status, before, limit).await?)
}

/// Has an event that was delivered or given up delivered again, or all that were given up, and returns how many.
pub async fn replay(
    state: &Arc<AppState>,
    instruction: WebhookInstruction,
    event: Option<AuditEventId>,
) -> Result<u64, WebhookError> {
    let now = state.clock.now();
    let replayed = state.write_or_refuse(Scope::Transaction, (instruction, event, now), |tx, (instruction, event, now)| {
        Box::pin(async move { refusable(revive(tx, instruction, *event, *now).await) })
    });
    let count = replayed.await??;
    state.audit.deliveries.notify_one();
    Ok(count)
}

async fn revive(
    tx: &Tx,
    instruction: &WebhookInstruction,
    event: Option<AuditEventId>,
    now: UnixMillis,
) -> Result<u64, WebhookError> {
    let webhook = instruction.begin(tx).await?;
    if !webhook.enabled {
        return Err(WebhookError::Disabled);
    }
    let count = outbox::store::revive(tx, webhook.id, event, now).await?;
    if event.is_some() && count == 0 {
        return Err(WebhookError::NoDelivery);
    }
    if count > 0 {
        tx.record(Event::WebhookReplayed.of_webhook(webhook.id));
    }
    Ok(count)
}
