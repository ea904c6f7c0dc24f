//! Creating, reading, changing and deleting webhooks.

use std::time::Duration;

use entity::{WebhookId, webhook};
use poem_openapi::{
    Object, OpenApi,
    param::Path,
    types::{Example, MaybeUndefined},
};
use serde::Serialize;

use super::{
    parameters::{WebhookDescription, WebhookEvent, WebhookUrl},
    tag::AdminTag,
    webhook_model::{Changing, ChangingVersion, Creating, Reading, Updating, Webhook, WebhookWithSecret},
};
use crate::{
    authorization::Operator,
    http::{
        request::{
            State,
            admin::{Admin, WebhooksRead, WebhooksWrite},
            body::Body,
            if_match::IfMatch,
            parameter_types::Id,
        },
        response::{
            problem::ErrorResponse,
            reply::{NoContent, Reply, Tagged},
        },
        v1::{me::field, session::StoreError},
    },
    webhooks::{self, NewWebhook, WebhookChange, WebhookInstruction},
};

/// All webhooks, oldest first.
#[derive(Object, Serialize)]
#[oai(example)]
struct WebhookList {
    items: Vec<Webhook>,
}

impl Example for WebhookList {
    fn example() -> Self {
        Self { items: vec![Webhook::example()] }
    }
}

/// A webhook to create.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct CreateWebhookRequest {
    /// Where the receiver listens: https, on the public internet, at most 2048 bytes, without user name, password and fragment.
    url: WebhookUrl,
    /// A note, without control characters.
    description: Option<WebhookDescription>,
    /// The names of the events to deliver; none: all that the audit trail keeps when they happen.
    events: Option<Vec<WebhookEvent>>,
    /// Whether events are delivered; `true` if it is left out.
    enabled: Option<bool>,
}

impl Example for CreateWebhookRequest {
    fn example() -> Self {
        Self {
            url: WebhookUrl("https://hooks.example.com/bifrons".to_owned()),
            description: Some(WebhookDescription("Tells the CRM who left".to_owned())),
            events: Some(vec![WebhookEvent("user_deleted".to_owned())]),
            enabled: Some(true),
        }
    }
}

/// Changing a webhook. Fields that are left out stay.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct UpdateWebhookRequest {
    /// Where the receiver listens, with the rules of `createWebhook`.
    url: Option<WebhookUrl>,
    /// A note, without control characters; null removes it.
    #[oai(nullable)]
    description: MaybeUndefined<WebhookDescription>,
    /// The names of the events to deliver; none: all that the audit trail keeps when they happen.
    events: Option<Vec<WebhookEvent>>,
    /// Whether events are delivered. Deliveries of a disabled webhook wait.
    enabled: Option<bool>,
}

impl Example for UpdateWebhookRequest {
    fn example() -> Self {
        Self {
            url: Some(WebhookUrl("https://hooks.example.com/v2/bifrons".to_owned())),
            description: MaybeUndefined::Value(WebhookDescription("Tells the CRM who left, and who came".to_owned())),
            events: Some(["registered", "user_deleted"].map(|name| WebhookEvent(name.to_owned())).into()),
            enabled: Some(false),
        }
    }
}

/// Replacing the secret.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct RotateSecretRequest {
    /// For so long, deliveries have the signatures of both secrets: a day if it is left out, a week at most. With 0 the former secret is
    /// void at once.
    #[oai(validator(minimum(value = "0"), maximum(value = "604800")))]
    overlap_seconds: Option<i32>,
}

const DEFAULT_OVERLAP: i32 = 86_400;

impl Example for RotateSecretRequest {
    fn example() -> Self {
        Self { overlap_seconds: Some(3600) }
    }
}

/// An instruction about the webhook of a path.
pub(super) fn instruct(by: Operator, Path(Id(id)): Path<Id>, versions: Option<Vec<i64>>) -> WebhookInstruction {
    WebhookInstruction { by, webhook: WebhookId(id), versions }
}

fn names(events: Vec<WebhookEvent>) -> Vec<String> {
    events.into_iter().map(|WebhookEvent(name)| name).collect()
}

fn tagged(webhook: webhook::Model) -> Tagged<Reply<200, Webhook>> {
    let version = webhook.version;
    Tagged(Reply(webhook.into()), version)
}

fn with_secret<const STATUS: u16>(webhook: webhook::Model, secret: &str) -> Tagged<Reply<STATUS, WebhookWithSecret>> {
    let version = webhook.version;
    Tagged(Reply(WebhookWithSecret { webhook: webhook.into(), secret: secret.to_owned() }), version)
}

pub(in crate::http) struct AdminWebhooksApi;

#[OpenApi(prefix_path = "/v1/admin/webhooks", tag = "AdminTag::Webhooks")]
impl AdminWebhooksApi {
    /// List webhooks
    ///
    /// Answers with all webhooks, oldest first. There are 16 at most.
    #[oai(path = "/", method = "get", operation_id = "listWebhooks")]
    async fn list(
        &self,
        state: State<'_>,
        _operator: Admin<WebhooksRead>,
    ) -> Result<Reply<200, WebhookList>, ErrorResponse<StoreError>> {
        let found = webhooks::list_webhooks(&state).await.map_err(StoreError)?;
        Ok(Reply(WebhookList { items: found.into_iter().map(Into::into).collect() }))
    }

    /// Create a webhook
    ///
    /// Events that happen from now on are delivered to it. Only this answer has the secret that signs them.
    #[oai(path = "/", method = "post", operation_id = "createWebhook")]
    async fn create(
        &self,
        state: State<'_>,
        operator: Admin<WebhooksWrite>,
        body: Body<CreateWebhookRequest>,
    ) -> Result<Tagged<Reply<201, WebhookWithSecret>>, ErrorResponse<Creating>> {
        let Body(CreateWebhookRequest { url: WebhookUrl(url), description, events, enabled }) = body;
        let new = NewWebhook {
            url,
            description: description.map(|WebhookDescription(text)| text),
            events: names(events.unwrap_or_default()),
            enabled: enabled.unwrap_or(true),
        };
        let (webhook, secret) = webhooks::create_webhook(&state, operator.0, new).await.map_err(Creating)?;
        Ok(with_secret(webhook, &secret.reveal()))
    }

    /// Get a webhook
    ///
    /// Answers with the webhook without its secret. The `ETag`, which is `version` in double quotes, is for `If-Match`.
    #[oai(path = "/:id", method = "get", operation_id = "getWebhook")]
    async fn get(
        &self,
        state: State<'_>,
        _operator: Admin<WebhooksRead>,
        /// The webhook's id.
        id: Path<Id>,
    ) -> Result<Tagged<Reply<200, Webhook>>, ErrorResponse<Reading>> {
        Ok(tagged(webhooks::find_webhook(&state, WebhookId(id.0.0)).await.map_err(Reading)?))
    }

    /// Change a webhook
    ///
    /// Changes the fields that are given and leaves the rest. With `If-Match`, only if the webhook has that version.
    #[oai(path = "/:id", method = "patch", operation_id = "updateWebhook")]
    async fn update(
        &self,
        state: State<'_>,
        operator: Admin<WebhooksWrite>,
        /// The webhook's id.
        id: Path<Id>,
        /// The `ETag` of the webhook as it was read: its `version` in double quotes. Several are separated by commas; `*` is any.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: Body<UpdateWebhookRequest>,
    ) -> Result<Tagged<Reply<200, Webhook>>, ErrorResponse<Updating>> {
        let Body(UpdateWebhookRequest { url, description, events, enabled }) = body;
        let change = WebhookChange {
            url: url.map(|WebhookUrl(url)| url),
            description: field(description).map(|WebhookDescription(text)| text),
            events: events.map(names),
            enabled,
        };
        let instruction = instruct(operator.0, id, if_match.0);
        Ok(tagged(webhooks::update_webhook(&state, instruction, change).await.map_err(Updating)?))
    }

    /// Delete a webhook
    ///
    /// Deletes the webhook with all its deliveries: those that wait are not made.
    #[oai(path = "/:id", method = "delete", operation_id = "deleteWebhook")]
    async fn delete(
        &self,
        state: State<'_>,
        operator: Admin<WebhooksWrite>,
        /// The webhook's id.
        id: Path<Id>,
        /// The `ETag` of the webhook as it was read: its `version` in double quotes. Several are separated by commas; `*` is any.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
    ) -> Result<NoContent, ErrorResponse<ChangingVersion>> {
        let instruction = instruct(operator.0, id, if_match.0);
        webhooks::delete_webhook(&state, instruction).await.map_err(ChangingVersion)?;
        Ok(NoContent)
    }

    /// Replace the secret of a webhook
    ///
    /// For some time, deliveries have the signatures of both secrets, so that the receiver can change to the new one. Only this answer has
    /// the new one.
    #[oai(path = "/:id/rotate-secret", method = "post", operation_id = "rotateWebhookSecret")]
    async fn rotate(
        &self,
        state: State<'_>,
        operator: Admin<WebhooksWrite>,
        /// The webhook's id.
        id: Path<Id>,
        body: Body<RotateSecretRequest>,
    ) -> Result<Tagged<Reply<200, WebhookWithSecret>>, ErrorResponse<Changing>> {
        let seconds = body.0.overlap_seconds.unwrap_or(DEFAULT_OVERLAP);
        let overlap = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        let (webhook, secret) = webhooks::rotate_secret(&state, instruct(operator.0, id, None), overlap).await.map_err(Changing)?;
        Ok(with_secret(webhook, &secret.reveal()))
    }
}
