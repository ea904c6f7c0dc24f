//! The specification: `openapi.json`, `openapi.txt` and the explorer.

pub mod document;
pub(super) mod explorer;
mod index;
mod static_document;

pub use document::spec;
pub use index::index;
