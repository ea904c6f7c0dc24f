//! The document as clients fetch it, with the effective values of this deployment.

use super::{document, effective::Effective, static_document::StaticDocument};
use crate::config::Config;

/// `GET /openapi.json`.
pub(in crate::http) fn document(config: &Config) -> StaticDocument {
    let effective = Effective::of(config);
    StaticDocument::new("application/json", move || document::text(&document::document(&effective)))
}
