//! The documents as clients fetch it, with the effective values of this deployment.

use super::{api::Api, document, effective::Effective, static_document::StaticDocument};
use crate::config::Config;

/// `GET /openapi.json` and `GET /openapi-admin.json`.
pub(in crate::http) fn document(api: Api, config: &Config) -> StaticDocument {
    let effective = Effective::of(config);
    StaticDocument::new("application/json", move || document::text(&document::document(api, &effective)))
}
