//! Endpoints for the operator. They are not part of the API.

pub(super) mod health;
pub(super) mod metrics;
pub(super) mod related_origins;
