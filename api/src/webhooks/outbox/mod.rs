//! Delivers what is queued, together with all other nodes.

mod payload;
mod sender;
pub(super) mod store;

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use entity::{
    WebhookId,
    webhook::Model as Webhook,
    webhook_delivery::{Model, Status},
};
use tokio::{
    sync::OwnedSemaphorePermit,
    task::{Id, JoinError, JoinSet},
    time::{sleep, timeout},
};

use super::{
    sealed,
    store::{MAX_WEBHOOKS, enabled},
};
use crate::{
    audit::{self, Event},
    db::Unavailable,
    delays::Delays,
    request_context::carried,
    state::{AppState, MAX_DELIVERIES},
};
use sender::{Message, Sender, TIMEOUT};

/// So many deliveries to one webhook are on their way at once. A slow receiver takes no place of another one: there are places for all.
const AT_ONCE: usize = MAX_DELIVERIES / MAX_WEBHOOKS;

/// How often a node looks for what another process queued, and for what is due again.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How much longer than one attempt a claim lasts.
const CLAIM_MARGIN: Duration = Duration::from_secs(50);

/// After this time a delivery that no receiver accepted is dead.
const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 24 * 3600);

/// The delays between the attempts of one delivery.
const DELAYS: Delays = Delays { first: Duration::from_secs(10), longest: Duration::from_secs(6 * 3600) };

/// How long a delivery is listed after a receiver accepted it, and any other one.
const DELIVERED_KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// Delivers all that is queued, and waits for more. Does not return.
pub async fn deliver(state: &Arc<AppState>) {
    let sender = loop {
        match Sender::new(state.config.webhooks) {
            Ok(sender) => break Arc::new(sender),
            Err(error) => tracing::error!(%error, "webhooks cannot be delivered"),
        }
        sleep(LOOK_EVERY).await;
    };
    let mut sending = Sending { state: Arc::clone(state), sender, tasks: JoinSet::new(), busy: HashMap::new() };
    loop {
        if let Err(error) = sending.claim_due().await {
            tracing::warn!(%error, "webhooks are not delivered; the deliveries wait");
        }
        tokio::select! {
            Some(done) = sending.tasks.join_next_with_id() => sending.ended(done),
            () = state.audit.deliveries.notified() => {}
            () = sleep(LOOK_EVERY) => {}
        }
        while let Some(done) = sending.tasks.try_join_next_with_id() {
            sending.ended(done);
        }
    }
}

/// Waits for what is on its way, after the service was told to stop: a delivery whose answer is lost is made twice.
pub async fn drain(state: &AppState) {
    let all = u32::try_from(MAX_DELIVERIES).unwrap_or(u32::MAX);
    let _ = timeout(TIMEOUT + Duration::from_secs(1), state.deliveries.acquire_many(all)).await;
}

/// The deliveries that are on their way from this node.
struct Sending {
    state: Arc<AppState>,
    sender: Arc<Sender>,
    tasks: JoinSet<()>,
    busy: HashMap<Id, WebhookId>,
}

impl Sending {
    /// Claims deliveries that are due, and begins to make them.
    async fn claim_due(&mut self) -> Result<(), Unavailable> {
        let state = Arc::clone(&self.state);
        let (db, now) = (state.db.connection(), state.clock.now());
        let until = now.plus(TIMEOUT + CLAIM_MARGIN);
        // Longer than any claim, and than any delay.
        let never = now.plus(2 * DELAYS.longest);
        for webhook in enabled(db).await? {
            let webhook = Arc::new(webhook);
            let free = AT_ONCE.saturating_sub(self.busy.values().filter(|busy| **busy == webhook.id).count());
            if free == 0 {
                continue;
            }
            for due in store::due(db, webhook.id, (now, never), free).await? {
                let Ok(place) = Arc::clone(&state.deliveries).try_acquire_owned() else { return Ok(()) };
                if state.is_stopping() {
                    return Ok(());
                }
                if let Some(claimed) = store::claim(db, &due, until).await? {
                    self.begin(&webhook, claimed, place);
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, webhook: &Arc<Webhook>, claimed: Model, place: OwnedSemaphorePermit) {
        let (state, sender, webhook) = (Arc::clone(&self.state), Arc::clone(&self.sender), Arc::clone(webhook));
        let id = webhook.id;
        let task = self.tasks.spawn(carried(async move {
            let _place = place;
            if let Err(error) = deliver_one(&state, &sender, &webhook, &claimed).await {
                // The claim ends by itself, and the delivery is made again with the same id.
                tracing::warn!(%error, "a delivery to a webhook is not noted");
            }
        }));
        self.busy.insert(task.id(), id);
    }

    fn ended(&mut self, done: Result<(Id, ()), JoinError>) {
        let task = done.map_or_else(
            |error| {
                // A fault of this service, met by one delivery. It is made again after its claim.
                tracing::error!(%error, "a delivery to a webhook failed");
                error.id()
            },
            |(task, ())| task,
        );
        self.busy.remove(&task);
    }
}

/// Attempts one delivery, and writes down what came of it.
async fn deliver_one(state: &AppState, sender: &Sender, webhook: &Webhook, claimed: &Model) -> Result<(), Unavailable> {
    let db = state.db.connection();
    let Some(row) = audit::store::find(db, claimed.audit_event_id).await? else {
        return bury(state, webhook, claimed, "the audit trail has the event no longer: see audit.keep").await;
    };
    let now = state.clock.now();
    let sent = match sealed::signing(&state.secrets, webhook, now) {
        Some(secrets) => {
            let (id, timestamp, body) = (row.id.0.to_string(), now.seconds(), payload::body(&row));
            let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(&id, timestamp, &body)).collect();
            sender.send(&webhook.url, Message { id, timestamp, signatures: signatures.join(" "), body }).await
        }
        // Another node may have the server secret.
        None => Err("sealed under a secret that this node does not have".to_owned()),
    };
    let now = state.clock.now();
    match sent {
        Ok(()) => {
            state.metrics.webhooks.deliveries.inc();
            store::end(db, claimed, Status::Delivered, None, now).await.map(drop)
        }
        Err(why) => {
            state.metrics.webhooks.failures.inc();
            if now.since(claimed.queued_at) >= GIVE_UP_AFTER {
                return bury(state, webhook, claimed, &why).await;
            }
            tracing::debug!(webhook = %webhook.id.0, event = claimed.event, why, "a delivery failed; it is tried again");
            store::release(db, claimed, now.plus(DELAYS.after(claimed.attempts)), &why).await
        }
    }
}

async fn bury(state: &AppState, webhook: &Webhook, claimed: &Model, why: &str) -> Result<(), Unavailable> {
    if store::end(state.db.connection(), claimed, Status::Dead, Some(why), state.clock.now()).await? {
        tracing::warn!(webhook = %webhook.id.0, event = claimed.event, why, "a delivery was given up; see `bifrons webhook deliveries`");
        state.record(Event::WebhookDead.of_webhook(webhook.id));
    }
    Ok(())
}

/// Removes old deliveries, and returns how many.
pub async fn purge(state: &AppState, now: entity::UnixMillis) -> Result<u64, Unavailable> {
    store::purge(&state.db, now.minus(DELIVERED_KEPT_FOR), now.minus(KEPT_FOR)).await
}

/// Sets the gauges.
pub async fn measure(state: &AppState) {
    if let Ok(store::Contents { waiting, oldest, dead }) = store::contents(state.db.connection()).await {
        let age = oldest.map_or(0, |oldest| state.clock.now().since(oldest).as_secs());
        let gauges = &state.metrics.webhooks;
        gauges.waiting.inner().store(waiting.cast_signed(), Ordering::Relaxed);
        gauges.oldest_age.inner().store(age.cast_signed(), Ordering::Relaxed);
        gauges.dead.inner().store(dead.cast_signed(), Ordering::Relaxed);
    }
}
