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

pub(crate) use attempt::SendError;
pub use letter::Letter;
pub(crate) use letter::{CONFIRMED_WITHIN, Circumstances, OneTimeLink, RESET_WITHIN, SecurityNotice, UNDO_WITHIN, written};
pub use outbox::Outbox;
pub use smtp::Step;
pub use store::MailFilter;
pub use template_error::TemplateError;
pub use templates::Templates;

use crate::config::{MailConfig, MailTransport};

/// Whether mail could be delivered: all steps before the first mail.
pub(crate) async fn reach(config: &MailConfig) -> Result<(), SendError> {
    match &config.transport {
        MailTransport::Folder(_) => Ok(()),
        MailTransport::Smtp(server) => {
            let from =
                message::address(config.from.as_typed()).ok_or(SendError::Refused("mail.from is not an address of mail".into()))?;
            smtp::reach(server, config.timeout, from.domain()).await
        }
    }
}
