//! The admin API: its operations, one kind a file. It has a document of its own, so that public clients do not grow.

pub(super) mod actions;
pub(super) mod audit;
pub(super) mod keys;
pub(super) mod mail;
mod model;
pub(super) mod new_users;
mod parameters;
mod problems;
mod roles;
pub mod rows;
mod search;
pub(super) mod sessions;
pub(super) mod statistics;
mod tag;
pub(super) mod users;
pub(super) mod webhook_deliveries;
mod webhook_model;
pub(super) mod webhooks;

#[cfg(feature = "testbed")]
pub(super) use problems::of_operator;
