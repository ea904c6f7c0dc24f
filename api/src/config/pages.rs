//! The frontend's pages that links in mails lead to. Without a page, the mail shows the token to paste into the app.

use url::Url;

use super::{reader::Reader, values};

/// The frontend's pages that links in mails lead to.
#[derive(Clone, Debug, Default)]
pub struct PagesConfig {
    /// Confirms an address: for a registration, or for a user.
    pub confirm_email: Option<Url>,
    /// Chooses a new password.
    pub reset_password: Option<Url>,
    /// Undoes a change of the address.
    pub undo_email: Option<Url>,
    /// Ends all sessions, after a security mail about what the user did not do.
    pub not_me: Option<Url>,
}

impl PagesConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut page = |key, about| reader.optional(key, about, page);
        let about = "The frontend's page for confirming an address; mails link to it: https://app.example.com/confirm.";
        let confirm_email = page("pages.confirm_email", about);
        let about = "The frontend's page for choosing a new password; mails link to it: https://app.example.com/reset.";
        let reset_password = page("pages.reset_password", about);
        let about = "The frontend's page for undoing a change of the address; mails link to it: https://app.example.com/undo.";
        let undo_email = page("pages.undo_email", about);
        let about = "The frontend's page for users who did not do what a mail reports: https://app.example.com/not-me.";
        let not_me = page("pages.not_me", about);
        Self { confirm_email, reset_password, undo_email, not_me }
    }
}

fn page(text: &str) -> Result<Url, String> {
    let page = values::secure_url(text)?;
    if page.fragment().is_none() { Ok(page) } else { Err("must have no fragment: the token is appended as one".to_owned()) }
}
