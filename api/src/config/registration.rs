//! Who may sign up.

use super::reader::Reader;

/// How people sign up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationConfig {
    /// A user is there at once. Whoever signs up learns whether somebody has the address.
    Open,
    /// A mail tells the address's owner what to do next, and nobody else learns anything.
    Verified {
        /// The frontend's page that takes the token, which stands behind it as a fragment.
        page: url::Url,
    },
}

impl RegistrationConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let about = "How people sign up: `open`, at once, or `verified`, once they have confirmed their address.";
        let verified = reader.one("registration", "open", about, |text| match text {
            "open" => Ok(false),
            "verified" => Ok(true),
            _ => Err("write open or verified".to_owned()),
        });
        let about = "The frontend's page that a mail leads to, to confirm an address: https://app.example.com/confirm.";
        let page = reader.optional("confirmation_page", about, |text| {
            let page =
                url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.fragment().is_none());
            page.ok_or_else(|| "write an http or https URL without a fragment: the token comes there".to_owned())
        });
        match (verified, page) {
            (Some(true), Some(page)) => Self::Verified { page },
            (Some(true), None) => {
                reader.mistake("confirmation_page", "is needed with registration = \"verified\": the page that takes the token");
                Self::Open
            }
            _ => Self::Open,
        }
    }
}
