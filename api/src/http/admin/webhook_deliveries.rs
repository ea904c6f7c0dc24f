//! Testing webhooks, reading their deliveries, and delivering again.

use entity::{AuditEventId, WebhookId};
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::{
    tag::AdminTag,
    webhook_model::{DeliveryStatus, EXAMPLE_EVENT, Queueing, Reading, WebhookDelivery},
    webhooks::instruct,
};
use crate::{
    http::{
        request::{
            State,
            admin::{Admin, WebhooksRead, WebhooksWrite},
            body::Body,
            page::{Page, default_limit},
            parameter_types::{Digits, Id},
            query::Query,
        },
        response::{
            problem::ErrorResponse,
            reply::{Accepted, Reply},
        },
    },
    webhooks,
};

/// Deliveries, newest first.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct WebhookDeliveryList {
    items: Vec<WebhookDelivery>,
    /// Present if there are more: pass it as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

impl Example for WebhookDeliveryList {
    fn example() -> Self {
        Self { items: vec![WebhookDelivery::example()], next: Some(EXAMPLE_EVENT) }
    }
}

/// What to deliver again.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct ReplayRequest {
    /// The id of one event that was delivered or given up; if it is left out, all that were given up.
    event_id: Option<Uuid>,
}

impl Example for ReplayRequest {
    fn example() -> Self {
        Self { event_id: Some(EXAMPLE_EVENT) }
    }
}

/// How many deliveries are due again.
#[derive(Object, Serialize)]
#[oai(example)]
struct Replayed {
    replayed: i32,
}

impl Example for Replayed {
    fn example() -> Self {
        Self { replayed: 1 }
    }
}

pub(in crate::http) struct AdminWebhookDeliveriesApi;

#[OpenApi(prefix_path = "/v1/admin/webhooks", tag = "AdminTag::Webhooks")]
impl AdminWebhookDeliveriesApi {
    /// Test a webhook
    ///
    /// Delivers the event `webhook_tested` to it. `listWebhookDeliveries` says what became of it.
    #[oai(path = "/:id/test", method = "post", operation_id = "testWebhook")]
    async fn test(
        &self,
        state: State<'_>,
        operator: Admin<WebhooksWrite>,
        /// The webhook's id.
        id: Path<Id>,
    ) -> Result<Accepted, ErrorResponse<Queueing>> {
        webhooks::test_webhook(&state, instruct(operator.0, id, None)).await.map_err(Queueing)?;
        Ok(Accepted)
    }

    /// List the deliveries of a webhook
    ///
    /// Answers with the deliveries, newest first. One that a receiver has is listed for a week, others for a month.
    #[oai(path = "/:id/deliveries", method = "get", operation_id = "listWebhookDeliveries")]
    async fn list(
        &self,
        state: State<'_>,
        _operator: Admin<WebhooksRead>,
        /// The webhook's id.
        id: Path<Id>,
        /// What became of them.
        status: Query<Option<DeliveryStatus>>,
        /// The maximum number of items in the answer.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Digits>,
        /// The `next` of the previous answer.
        after: Query<Option<Id>>,
    ) -> Result<Reply<200, WebhookDeliveryList>, ErrorResponse<Reading>> {
        let page = Page::new(&limit, &after);
        let (before, at_most) = (page.after.map(AuditEventId), page.to_read());
        let found = webhooks::list_deliveries(&state, WebhookId(id.0.0), status.0.map(Into::into), before, at_most).await;
        let (rows, next) = page.cut(found.map_err(Reading)?, |row| row.audit_event_id.0);
        Ok(Reply(WebhookDeliveryList { items: rows.into_iter().map(Into::into).collect(), next }))
    }

    /// Deliver events again
    ///
    /// Makes deliveries due again that have ended. A receiver sees the same `webhook-id` once more.
    #[oai(path = "/:id/replay", method = "post", operation_id = "replayWebhook")]
    async fn replay(
        &self,
        state: State<'_>,
        operator: Admin<WebhooksWrite>,
        /// The webhook's id.
        id: Path<Id>,
        body: Body<ReplayRequest>,
    ) -> Result<Reply<200, Replayed>, ErrorResponse<Queueing>> {
        let event = body.0.event_id.map(AuditEventId);
        let count = webhooks::replay(&state, instruct(operator.0, id, None), event).await.map_err(Queueing)?;
        Ok(Reply(Replayed { replayed: i32::try_from(count).unwrap_or(i32::MAX) }))
    }
}
