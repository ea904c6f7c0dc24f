//! What all instructions of an operator about one webhook have in common.

use entity::{WebhookId, webhook::Model};

use super::{error::WebhookError, store};
use crate::{authorization::Operator, state::Tx};

/// An instruction of an operator about one webhook.
#[derive(Clone, Debug)]
pub struct WebhookInstruction {
    /// The operator.
    pub by: Operator,
    /// The webhook.
    pub webhook: WebhookId,
    /// The versions of the webhook that the operator has read; `None` for any.
    pub versions: Option<Vec<i64>>,
}

impl WebhookInstruction {
    /// Begins the transaction: locks the row of the webhook and checks the instruction.
    pub(super) async fn begin(&self, tx: &Tx) -> Result<Model, WebhookError> {
        let webhook = store::lock(tx, self.webhook).await?.ok_or(WebhookError::NotFound)?;
        if self.versions.as_ref().is_some_and(|known| !known.contains(&webhook.version)) {
            return Err(WebhookError::Changed);
        }
        if self.by.is_still_allowed(tx).await? { Ok(webhook) } else { Err(WebhookError::NotAllowedAnyMore) }
    }
}
