//! A forgotten password: a mail with a one-time token, and the new password that the reader of the mail chooses.

mod request;
mod reset;
mod resolve;
pub(crate) mod store;

pub use request::{RequestResetError, request_password_reset};
pub(super) use request::{request, store_request};
pub(super) use reset::replace;
pub use reset::{ResetPasswordError, reset_password};
pub(crate) use resolve::resolve_reset_requests;
