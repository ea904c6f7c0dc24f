//! What mails say: a closed list. The values of each are what its templates are filled with.

use std::time::Duration;

use entity::UnixMillis;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use url::Url;

use crate::secret::OneTimeToken;

/// The time in which a registration must be confirmed.
pub(crate) const CONFIRMED_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// The time in which a new password must be chosen.
pub(crate) const RESET_WITHIN: Duration = Duration::from_secs(30 * 60);

/// A mail. `kind` is the name of its templates.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// Asks the reader of an address to confirm the registration.
    ConfirmRegistration {
        #[serde(flatten)]
        link: OneTimeLink,
        hours: u64,
    },
    /// Tells a user that their address was used for another registration.
    AccountExists,
    /// Lets a user choose a new password.
    ResetPassword {
        #[serde(flatten)]
        link: OneTimeLink,
        minutes: u64,
    },
    /// Tells a user that a refresh token was used twice, and that its session was ended.
    RefreshTokenReused { time: String },
    /// Shows the operator that mail works.
    Test { time: String },
    /// A mail that a former version wrote.
    Plain { subject: String, body: String },
}

impl Letter {
    /// Asks the reader of an address to confirm the registration.
    pub(crate) fn confirm_registration(page: Option<&Url>, token: &OneTimeToken) -> Self {
        Self::ConfirmRegistration { link: OneTimeLink::new(page, token), hours: CONFIRMED_WITHIN.as_secs() / 3600 }
    }

    /// Lets a user choose a new password.
    pub(crate) fn reset_password(page: Option<&Url>, token: &OneTimeToken) -> Self {
        Self::ResetPassword { link: OneTimeLink::new(page, token), minutes: RESET_WITHIN.as_secs() / 60 }
    }
}

/// A one-time token as a mail shows it: in a link to a page, or as text to paste if there is no page.
#[derive(Clone, Serialize, Deserialize)]
pub struct OneTimeLink {
    link: Option<String>,
    token: Option<String>,
}

impl OneTimeLink {
    fn new(page: Option<&Url>, token: &OneTimeToken) -> Self {
        let Some(page) = page else { return Self { link: None, token: Some(token.reveal().to_string()) } };
        // In the fragment: a browser does not send it, so no server logs it (ASVS 14.2.1).
        let mut link = page.clone();
        link.set_fragment(Some(&token.reveal()));
        Self { link: Some(link.into()), token: None }
    }
}

/// A moment as mails show it: in UTC, to the minute.
pub(crate) fn written(moment: UnixMillis) -> String {
    const FORM: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    let moment = OffsetDateTime::from_unix_timestamp(moment.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(FORM).unwrap_or_default()
}
