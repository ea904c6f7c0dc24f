//! The address of a user: confirming it, changing it, and undoing a change.

mod change;
mod confirm;
mod not_me;
mod undo;

pub use change::{ChangeEmailError, change_email, send_email_verification};
pub use confirm::{ConfirmEmailError, confirm_email};
pub use not_me::report_not_me;
pub use undo::{UndoEmailError, undo_email_change};
