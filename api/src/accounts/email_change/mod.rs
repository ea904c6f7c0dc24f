//! The address of a user: confirming it, changing it, and taking it back.

mod change;
mod confirm;
mod recover;

pub use change::{ChangeEmailError, change_email, send_email_verification};
pub use confirm::{ConfirmEmailError, confirm_email};
pub use recover::{RecoverError, report_not_me, undo_email_change};
