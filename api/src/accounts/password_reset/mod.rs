//! A forgotten password: a mail with a one-time token, and the new password that the reader of the mail chooses.

mod request;
mod reset;
mod resolve;
pub(crate) mod store;

pub(super) use request::request;
pub use request::{RequestResetError, request_password_reset, send_password_reset};
pub use reset::{ResetPasswordError, reset_password, set_password};
pub(crate) use resolve::resolve_reset_requests;
