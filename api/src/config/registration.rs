//! How users sign up.

use super::{reader::Reader, values};

/// How users sign up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationConfig {
    /// The user exists immediately. The response reveals whether the address already has an account.
    Open,
    /// The user exists after the address is confirmed by mail. The response reveals nothing.
    Verified {
        /// The frontend's page that receives the token as a URL fragment.
        page: url::Url,
    },
}

impl RegistrationConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let about = "How users sign up: `open` (immediately) or `verified` (after confirming their address by mail).";
        let verified = reader.one("registration", "open", about, |text| match text {
            "open" => Ok(false),
            "verified" => Ok(true),
            _ => Err("write open or verified".to_owned()),
        });
        let about = "The frontend's page for confirming an address; mails link to it: https://app.example.com/confirm.";
        let page = reader.optional("confirmation_page", about, |text| {
            let page = values::secure_url(text)?;
            if page.fragment().is_none() { Ok(page) } else { Err("must have no fragment: the token is appended as one".to_owned()) }
        });
        match (verified, page) {
            (Some(true), Some(page)) => Self::Verified { page },
            (Some(true), None) => {
                reader
                    .reject("confirmation_page", "is required with registration = \"verified\": the page that receives the token");
                Self::Open
            }
            _ => Self::Open,
        }
    }
}
