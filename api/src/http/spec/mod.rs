//! The specification: `openapi.json`, `openapi.txt` and the explorer.

mod api;
mod cookies;
pub mod document;
mod effective;
pub(super) mod explorer;
mod headers;
mod index;
mod links;
mod marks;
mod operations;
mod problems;
mod schemas;
pub(super) mod served;
mod static_document;
mod tidy;

pub use api::Api;
pub use document::spec;
pub use index::index;
