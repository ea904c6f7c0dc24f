//! Mail: stored in the transaction that causes it, and delivered after the commit, at least once.

mod letters;
mod outbox;
pub(crate) mod store;

pub(crate) use letters::{CONFIRMED_WITHIN, already_registered, confirm_registration, refresh_token_reused};
pub use outbox::{DeliveryError, Outbox};
