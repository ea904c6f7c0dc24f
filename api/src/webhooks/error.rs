//! Why nothing was done about a webhook.

use super::{events::events, target::TargetError};
use crate::db::Unavailable;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is no such webhook.
    #[error("there is no such webhook")]
    NotFound,
    /// No delivery of the webhook that ended has this id.
    #[error("no delivery that has ended is of this event")]
    NoDelivery,
    /// Another operator changed the webhook since the operator read it.
    #[error("the webhook has changed since; read it again")]
    Changed,
    /// The operator's session ended, the operator lost the role, or the key was revoked.
    #[error("the operator may not do this any more")]
    NotAllowedAnyMore,
    /// There are too many webhooks.
    #[error("there are 16 webhooks; delete one first")]
    TooMany,
    /// The webhook is disabled.
    #[error("the webhook is disabled; enable it first")]
    Disabled,
    /// The URL breaks a rule.
    #[error("the URL {0}")]
    Url(TargetError),
    /// An event is not in the catalogue, or is not delivered.
    #[error("webhooks deliver no event {name:?}; they deliver {}", events().collect::<Vec<_>>().join(", "))]
    Event {
        /// The name.
        name: String,
    },
    /// The description breaks its rule.
    #[error("the description must have 1 to 200 characters, and no control characters")]
    Description,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Separates a refusal from a database that does not answer, as [`crate::state::AppState::write_or_refuse`] needs it.
pub(super) fn refusable<T>(done: Result<T, WebhookError>) -> Result<Result<T, WebhookError>, Unavailable> {
    match done {
        Err(WebhookError::Store(error)) => Err(error),
        done => Ok(done),
    }
}
