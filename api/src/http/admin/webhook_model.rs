//! Objects of the operations on webhooks, and their problems.

use entity::{UnixMillis, webhook, webhook_delivery as delivery};
use poem_openapi::{Enum, Object, types::Example};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    audit::Event,
    http::{
        response::{
            problem::{FieldError, Rule, problems},
            timestamp::Timestamp,
        },
        v1::{model::instant, session::StoreError},
    },
    webhooks::{self, WebhookError},
};

pub(super) const EXAMPLE_ID: Uuid = Uuid::from_u128(0x019b_7a3d_2f40_7b17_a6c2_4f1e_8d93_5a0c);
pub(super) const EXAMPLE_EVENT: Uuid = Uuid::from_u128(0x019b_7a3d_2f40_7d52_8c3b_16f0_94ae_7d21);
const EXAMPLE_TIME: UnixMillis = UnixMillis(1_767_258_000_000);

/// An endpoint of a receiver, to which events are delivered.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct Webhook {
    id: Uuid,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The names of the events that are delivered; none: all that the audit trail keeps when they happen.
    events: Vec<String>,
    /// Whether events are delivered.
    enabled: bool,
    /// Until when deliveries have the signature of the former secret too.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_secret_until: Option<Timestamp>,
    created_at: Timestamp,
    /// Grows with every change. In quotes it is the value of `If-Match`.
    version: i64,
}

impl From<webhook::Model> for Webhook {
    fn from(webhook: webhook::Model) -> Self {
        Self {
            id: webhook.id.0,
            url: webhook.url,
            description: webhook.description,
            events: webhook.events.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            enabled: webhook.enabled,
            former_secret_until: webhook.former_until.map(instant),
            created_at: instant(webhook.created_at),
            version: webhook.version,
        }
    }
}

impl Example for Webhook {
    fn example() -> Self {
        Self {
            id: EXAMPLE_ID,
            url: "https://hooks.example.com/bifrons".to_owned(),
            description: Some("Tells the CRM who left".to_owned()),
            events: vec![Event::UserDeleted.name().to_owned()],
            enabled: true,
            former_secret_until: Some(instant(UnixMillis(EXAMPLE_TIME.0 + 86_400_000))),
            created_at: instant(EXAMPLE_TIME),
            version: 7,
        }
    }
}

/// A webhook with the secret that signs its deliveries.
#[derive(Object, Serialize)]
#[oai(example)]
pub(super) struct WebhookWithSecret {
    pub(super) webhook: Webhook,
    /// `whsec_` and base64, as the libraries of Standard Webhooks take it. No other answer has it.
    pub(super) secret: String,
}

impl Example for WebhookWithSecret {
    fn example() -> Self {
        Self { webhook: Webhook::example(), secret: "whsec_AZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gs=".to_owned() }
    }
}

/// What became of a delivery.
#[derive(Clone, Copy, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliveryStatus {
    /// It waits, or is on its way.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It was given up.
    Dead,
}

impl From<delivery::Status> for DeliveryStatus {
    fn from(status: delivery::Status) -> Self {
        match status {
            delivery::Status::Waiting => Self::Waiting,
            delivery::Status::Delivered => Self::Delivered,
            delivery::Status::Dead => Self::Dead,
        }
    }
}

impl From<DeliveryStatus> for delivery::Status {
    fn from(status: DeliveryStatus) -> Self {
        match status {
            DeliveryStatus::Waiting => Self::Waiting,
            DeliveryStatus::Delivered => Self::Delivered,
            DeliveryStatus::Dead => Self::Dead,
        }
    }
}

/// The delivery of an event to a webhook.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct WebhookDelivery {
    /// The id of the row of the audit trail: `webhook-id` in the request.
    event_id: Uuid,
    /// The name of the event: `type` in the body.
    event: String,
    /// The user whom it is about. Deliveries about one user are made in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    status: DeliveryStatus,
    attempts: i32,
    /// When it was queued, first or again.
    queued_at: Timestamp,
    /// When the next attempt is due, if it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Timestamp>,
    /// When it was delivered or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl From<delivery::Model> for WebhookDelivery {
    fn from(row: delivery::Model) -> Self {
        Self {
            event_id: row.audit_event_id.0,
            event: row.event,
            user_id: row.user_id.map(|user| user.0),
            status: row.status.into(),
            attempts: row.attempts,
            queued_at: instant(row.queued_at),
            next_attempt_at: (row.status == delivery::Status::Waiting).then(|| instant(row.next_attempt_at)),
            ended_at: row.ended_at.map(instant),
            failure: row.failure,
        }
    }
}

impl Example for WebhookDelivery {
    fn example() -> Self {
        Self {
            event_id: EXAMPLE_EVENT,
            event: Event::UserDeleted.name().to_owned(),
            user_id: Some(Uuid::from_u128(0x019b_7a3d_1b5c_7e08_8f4a_2d9c_31e7_5a60)),
            status: DeliveryStatus::Dead,
            attempts: 22,
            queued_at: instant(EXAMPLE_TIME),
            next_attempt_at: None,
            ended_at: Some(instant(UnixMillis(EXAMPLE_TIME.0 + 3 * 86_400_000))),
            failure: Some("status 500".to_owned()),
        }
    }
}

/// The problems of an operation that reads.
pub(super) struct Reading(pub(super) WebhookError);

problems!(Reading {
    Reading(WebhookError::NotFound | WebhookError::NoDelivery) => NotFound,
    Reading(WebhookError::Store(error)) => (StoreError: StoreError(error)),
    Reading(error) => InternalError.log(&error),
});

/// The problems of an operation that changes.
pub(super) struct Changing(pub(super) WebhookError);

problems!(Changing {
    Changing(WebhookError::NotAllowedAnyMore) => AdminRequired,
    Changing(error) => (Reading: Reading(error)),
});

/// The same, for an operation with `If-Match`.
pub(super) struct ChangingVersion(pub(super) WebhookError);

problems!(ChangingVersion {
    ChangingVersion(WebhookError::Changed) => VersionConflict,
    ChangingVersion(error) => (Changing: Changing(error)),
});

/// The problems of an operation that queues deliveries.
pub(super) struct Queueing(pub(super) WebhookError);

problems!(Queueing {
    Queueing(WebhookError::Disabled) => WebhookDisabled,
    Queueing(error) => (Changing: Changing(error)),
});

/// The problems of `createWebhook`.
pub(super) struct Creating(pub(super) WebhookError);

problems!(Creating {
    Creating(WebhookError::TooMany) => TooManyWebhooks,
    Creating(WebhookError::NotAllowedAnyMore) => AdminRequired,
    Creating(WebhookError::Store(error)) => (StoreError: StoreError(error)),
    Creating(error) => ValidationFailed.fields(broken(&error)),
});

/// The problems of `updateWebhook`.
pub(super) struct Updating(pub(super) WebhookError);

problems!(Updating {
    Updating(error @ (WebhookError::Url(_) | WebhookError::Event { .. } | WebhookError::Description)) => ValidationFailed.fields(broken(&error)),
    Updating(error) => (ChangingVersion: ChangingVersion(error)),
});

/// The field that breaks a rule.
fn broken(error: &WebhookError) -> Vec<FieldError> {
    let format = |field, detail: String| vec![FieldError::new(field, Rule::Format, detail)];
    match error {
        WebhookError::Url(rule) => format("url", rule.to_string()),
        WebhookError::Event { .. } => vec![FieldError::one_of("events", webhooks::events().map(str::to_owned).collect())],
        _ => format("description", "must have no control characters".to_owned()),
    }
}
