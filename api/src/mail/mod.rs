//! Mail: stored in the transaction that causes it, and delivered after the commit, at least once.
//!
//! Any number of nodes deliver from one outbox. A node claims a mail for a few minutes with a conditional update; if it dies, another one
//! claims the mail again, and sends it with the same `Message-ID`.

mod attempt;
mod delays;
mod file;
mod letter;
mod message;
mod outbox;
mod smtp;
pub(crate) mod store;
mod template_error;
mod template_files;
mod templates;

pub use letter::Letter;
pub(crate) use letter::{CONFIRMED_WITHIN, Circumstances, RESET_WITHIN, UNDO_WITHIN, written};
pub use outbox::Outbox;
pub use smtp::Step;
pub use template_error::TemplateError;
pub use templates::Templates;
