//! Creating, reading, changing and deleting webhooks, and replacing their secrets.

use std::{sync::Arc, time::Duration};

use entity::{UnixMillis, WebhookId, webhook::Model};

use super::{
    error::{WebhookError, refusable},
    events::events,
    instruction::WebhookInstruction,
    outbox, sealed, store, target,
};
use crate::{
    accounts::Field,
    audit::Event,
    authorization::Operator,
    db::{Scope, Unavailable},
    deployment, random,
    secret::WebhookSecret,
    state::{AppState, Tx},
};

/// The maximum length of a description, in characters.
pub const MAX_DESCRIPTION: usize = 200;

/// A webhook that does not exist yet.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Where the receiver listens.
    pub url: String,
    /// What the operator notes about it.
    pub description: Option<String>,
    /// The names of the events; none: all.
    pub events: Vec<String>,
    /// Whether events are delivered.
    pub enabled: bool,
}

/// What to change.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// Where the receiver listens.
    pub url: Option<String>,
    /// What the operator notes about it.
    pub description: Field<String>,
    /// The names of the events; none: all.
    pub events: Option<Vec<String>>,
    /// Whether events are delivered.
    pub enabled: Option<bool>,
}

/// Creates a webhook. Only this answer has the secret.
pub async fn create_webhook(state: &Arc<AppState>, by: Operator, new: NewWebhook) -> Result<(Model, WebhookSecret), WebhookError> {
    let NewWebhook { url, description, events, enabled } = new;
    let url = target::check(&url, state.config.webhooks).map_err(WebhookError::Url)?.into();
    check_description(description.as_deref())?;
    let (now, secret) = (state.clock.now(), WebhookSecret::generate());
    let id = WebhookId(random::uuid_v7(now));
    let webhook = Model {
        id,
        url,
        description,
        events: written(&events)?,
        enabled,
        secret: sealed::seal(&state.secrets, id, &secret),
        former_secret: None,
        former_until: None,
        version: 1,
        created_at: now,
    };
    let created = state.write_or_refuse(Scope::Transaction, (by, webhook.clone()), |tx, (by, webhook)| {
        Box::pin(async move { refusable(insert(tx, by, webhook).await) })
    });
    created.await??;
    Ok((webhook, secret))
}

async fn insert(tx: &Tx, by: &Operator, webhook: &Model) -> Result<(), WebhookError> {
    if !by.is_still_allowed(tx).await? {
        return Err(WebhookError::NotAllowedAnyMore);
    }
    // One after another, or two could be the last.
    deployment::store::lock(tx.connection()).await?;
    if store::count(tx).await? >= store::MAX_WEBHOOKS as u64 {
        return Err(WebhookError::TooMany);
    }
    store::insert(tx, webhook.clone()).await?;
    tx.record(Event::WebhookCreated.of_webhook(webhook.id));
    Ok(())
}

/// All webhooks, oldest first.
pub async fn list_webhooks(state: &AppState) -> Result<Vec<Model>, Unavailable> {
    store::all(state.db.connection()).await
}

/// A webhook.
pub async fn find_webhook(state: &AppState, id: WebhookId) -> Result<Model, WebhookError> {
    store::find(state.db.connection(), id).await?.ok_or(WebhookError::NotFound)
}

/// Changes the fields that are given, and returns the changed webhook.
pub async fn update_webhook(
    state: &Arc<AppState>,
    instruction: WebhookInstruction,
    mut change: WebhookChange,
) -> Result<Model, WebhookError> {
    if let Some(url) = &mut change.url {
        *url = target::check(url, state.config.webhooks).map_err(WebhookError::Url)?.into();
    }
    check_description(change.description.value().map(String::as_str))?;
    let events = change.events.as_deref().map(written).transpose()?;
    let input = (instruction, change, events, state.clock.now());
    let updated = state.write_or_refuse(Scope::Transaction, input, |tx, (instruction, change, events, now)| {
        Box::pin(async move { refusable(update(tx, instruction, change, events.as_ref(), *now).await) })
    });
    updated.await?
}

async fn update(
    tx: &Tx,
    instruction: &WebhookInstruction,
    change: &WebhookChange,
    events: Option<&String>,
    now: UnixMillis,
) -> Result<Model, WebhookError> {
    let webhook = instruction.begin(tx).await?;
    let mut changed = Model {
        url: change.url.clone().unwrap_or_else(|| webhook.url.clone()),
        events: events.unwrap_or(&webhook.events).clone(),
        enabled: change.enabled.unwrap_or(webhook.enabled),
        ..webhook.clone()
    };
    if !change.description.is_kept() {
        changed.description = change.description.value().cloned();
    }
    if changed != webhook {
        changed.version += 1;
        store::update(tx, &changed).await?;
        if changed.enabled && !webhook.enabled {
            // The time in which nothing was tried does not count.
            outbox::store::begin_again(tx, webhook.id, now).await?;
        }
        tx.record(Event::WebhookChanged.of_webhook(webhook.id));
    }
    Ok(changed)
}

/// Deletes a webhook with all its deliveries.
pub async fn delete_webhook(state: &Arc<AppState>, instruction: WebhookInstruction) -> Result<(), WebhookError> {
    let deleted = state.write_or_refuse(Scope::Transaction, instruction, |tx, instruction| {
        Box::pin(async move { refusable(delete(tx, instruction).await) })
    });
    deleted.await?
}

async fn delete(tx: &Tx, instruction: &WebhookInstruction) -> Result<(), WebhookError> {
    let webhook = instruction.begin(tx).await?;
    outbox::store::remove_of(tx, webhook.id).await?;
    store::delete(tx, webhook.id).await?;
    tx.record(Event::WebhookDeleted.of_webhook(webhook.id));
    Ok(())
}

/// Replaces the secret, and returns the new one: only this answer has it. For `overlap`, deliveries have the signatures of both.
pub async fn rotate_secret(
    state: &Arc<AppState>,
    instruction: WebhookInstruction,
    overlap: Duration,
) -> Result<(Model, WebhookSecret), WebhookError> {
    let secret = WebhookSecret::generate();
    let sealed = sealed::seal(&state.secrets, instruction.webhook, &secret);
    let until = Some(state.clock.now().plus(overlap)).filter(|_| !overlap.is_zero());
    let rotated = state.write_or_refuse(Scope::Transaction, (instruction, sealed, until), |tx, (instruction, sealed, until)| {
        Box::pin(async move { refusable(rotate(tx, instruction, sealed, *until).await) })
    });
    Ok((rotated.await??, secret))
}

async fn rotate(
    tx: &Tx,
    instruction: &WebhookInstruction,
    sealed: &[u8],
    former_until: Option<UnixMillis>,
) -> Result<Model, WebhookError> {
    let webhook = instruction.begin(tx).await?;
    store::rotate(tx, &webhook, sealed.to_vec(), former_until).await?;
    tx.record(Event::WebhookSecretRotated.of_webhook(webhook.id));
    Ok(Model { former_until, version: webhook.version + 1, ..webhook })
}

/// The events with these names, as the database stores them: each once, in the order of the catalogue.
fn written(names: &[String]) -> Result<String, WebhookError> {
    if let Some(unknown) = names.iter().find(|name| events().all(|known| known != name.as_str())) {
        return Err(WebhookError::Event { name: unknown.clone() });
    }
    let listed = events().filter(|known| names.iter().any(|name| name == known));
    Ok(listed.collect::<Vec<_>>().join(" "))
}

fn check_description(description: Option<&str>) -> Result<(), WebhookError> {
    let is_valid = |text: &str| (1..=MAX_DESCRIPTION).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if description.is_none_or(is_valid) { Ok(()) } else { Err(WebhookError::Description) }
}
