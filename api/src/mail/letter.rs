//! What mails say: a closed list. The values of each are what its templates are filled with.

use std::time::Duration;

use entity::UnixMillis;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use url::Url;

use crate::{requester::Requester, secret::OneTimeToken};

/// The time in which a registration must be confirmed.
pub(crate) const CONFIRMED_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// The time in which a new password must be chosen.
pub(crate) const RESET_WITHIN: Duration = Duration::from_secs(30 * 60);

/// The time in which a change of the address can be undone.
pub(crate) const UNDO_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);

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
    /// Lets a user whom an operator created choose the first password.
    Invitation {
        #[serde(flatten)]
        link: OneTimeLink,
        expiry_time: String,
    },
    /// Asks the reader of an address to confirm that it is the user's.
    ConfirmEmail {
        #[serde(flatten)]
        link: OneTimeLink,
        hours: u64,
    },
    /// Tells the reader of the old address that it was changed.
    EmailChanged {
        new_address: String,
        #[serde(flatten)]
        circumstances: Circumstances,
        #[serde(flatten)]
        link: OneTimeLink,
        days: u64,
    },
    /// Tells the reader of an address that the account has it again.
    EmailChangeUndone(Circumstances),
    /// Tells a user that the password was changed.
    PasswordChanged(SecurityNotice),
    /// Tells a user that a device signed in which the account did not know.
    NewDevice(SecurityNotice),
    /// Tells a user when the account will be deleted.
    DeletionScheduled {
        deletion_time: String,
        days: u64,
        #[serde(flatten)]
        notice: SecurityNotice,
    },
    /// Tells a user that the account was deleted.
    AccountDeleted(Circumstances),
    /// Tells a user that a refresh token was used twice, and that its session was ended.
    RefreshTokenReused(SecurityNotice),
    /// Tells a user that a second factor was added.
    SecondFactorAdded(SecurityNotice),
    /// Tells a user that the second factor was removed.
    SecondFactorRemoved(SecurityNotice),
    /// Tells a user that a passkey was added.
    PasskeyAdded(SecurityNotice),
    /// Tells a user that a passkey was removed.
    PasskeyRemoved(SecurityNotice),
    /// Tells a user that wrong codes were typed in a row, after the right password.
    SecondFactorGuessed(SecurityNotice),
    /// Tells a user that a recovery code was used.
    RecoveryCodeUsed(SecurityNotice),
    /// Tells a user that new recovery codes were made.
    RecoveryCodesReplaced(SecurityNotice),
    /// Shows the operator that mail works.
    Test { time: String },
    /// A mail that a former version wrote.
    Plain { subject: String, body: String },
}

impl Letter {
    /// The `kind` of [`Self::ConfirmEmail`].
    pub(crate) const CONFIRM_EMAIL: &str = "confirm_email";

    /// Asks the reader of an address to confirm the registration.
    pub(crate) fn confirm_registration(page: Option<&Url>, token: &OneTimeToken) -> Self {
        Self::ConfirmRegistration { link: OneTimeLink::new(page, token), hours: CONFIRMED_WITHIN.as_secs() / 3600 }
    }

    /// Lets a user choose a new password.
    pub(crate) fn reset_password(page: Option<&Url>, token: &OneTimeToken) -> Self {
        Self::ResetPassword { link: OneTimeLink::new(page, token), minutes: RESET_WITHIN.as_secs() / 60 }
    }

    /// Lets a user whom an operator created choose the first password.
    pub(crate) fn invitation(page: Option<&Url>, token: &OneTimeToken, expires_at: UnixMillis) -> Self {
        Self::Invitation { link: OneTimeLink::new(page, token), expiry_time: written(expires_at) }
    }

    /// Asks the reader of an address to confirm that it is the user's.
    pub(crate) fn confirm_email(page: Option<&Url>, token: &OneTimeToken) -> Self {
        Self::ConfirmEmail { link: OneTimeLink::new(page, token), hours: CONFIRMED_WITHIN.as_secs() / 3600 }
    }

    /// Tells the reader of the old address that it was changed.
    pub(crate) fn email_changed(new_address: &str, circumstances: Circumstances, page: Option<&Url>, token: &OneTimeToken) -> Self {
        let days = UNDO_WITHIN.as_secs() / (24 * 3600);
        Self::EmailChanged { new_address: new_address.to_owned(), circumstances, link: OneTimeLink::new(page, token), days }
    }

    /// Tells a user when the account will be deleted.
    pub(crate) fn deletion_scheduled(at: UnixMillis, grace: Duration, notice: SecurityNotice) -> Self {
        let days = grace.as_secs().div_ceil(24 * 3600);
        Self::DeletionScheduled { deletion_time: written(at), days, notice }
    }
}

/// When, with what and where something was done, as mails show it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Circumstances {
    time: String,
    device: Option<String>,
    place: Option<String>,
}

impl Circumstances {
    pub(crate) fn new(now: UnixMillis, requester: &Requester) -> Self {
        Self { time: written(now), device: requester.device_name(), place: requester.place.clone() }
    }

    /// Without a request.
    pub(crate) fn at(now: UnixMillis) -> Self {
        Self { time: written(now), device: None, place: None }
    }
}

/// What happened, and the link for a reader who did not do it.
#[derive(Clone, Serialize, Deserialize)]
pub struct SecurityNotice {
    #[serde(flatten)]
    circumstances: Circumstances,
    not_me_link: Option<String>,
    not_me_token: Option<String>,
}

impl SecurityNotice {
    pub(crate) fn new(circumstances: Circumstances, page: Option<&Url>, token: &OneTimeToken) -> Self {
        let OneTimeLink { link, token } = OneTimeLink::new(page, token);
        Self { circumstances, not_me_link: link, not_me_token: token }
    }
}

/// A one-time token as a mail shows it: in a link to a page, or as text to paste if there is no page.
#[derive(Clone, Serialize, Deserialize)]
pub struct OneTimeLink {
    pub(crate) link: Option<String>,
    token: Option<String>,
}

impl OneTimeLink {
    pub(crate) fn new(page: Option<&Url>, token: &OneTimeToken) -> Self {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{OneTimeTokenId, UnixMillis};
    use uuid::Uuid;

    use super::{Circumstances, Letter, SecurityNotice, written};
    use crate::{
        mail::templates::{Addressing, Templates},
        requester::Requester,
        secret::OneTimeToken,
    };

    /// The samples of the templates could differ from what the code gives them.
    #[test]
    fn every_letter_can_be_rendered() {
        let (now, token) = (UnixMillis(1_767_258_000_000), OneTimeToken::new(OneTimeTokenId(Uuid::nil())));
        let full =
            Requester { user_agent: Some("curl/8.5.0".to_owned()), place: Some("Lisbon, PT".to_owned()), ..Requester::default() };
        let page = "https://app.example.com/page".parse().unwrap();
        let templates = Templates::load(None).unwrap();
        let mut kinds = std::collections::BTreeSet::new();
        for (page, requester) in [(Some(&page), full), (None, Requester::default())] {
            let done = || Circumstances::new(now, &requester);
            let notice = || SecurityNotice::new(done(), page, &token);
            let letters = [
                Letter::confirm_registration(page, &token),
                Letter::AccountExists,
                Letter::reset_password(page, &token),
                Letter::invitation(page, &token, now),
                Letter::confirm_email(page, &token),
                Letter::email_changed("grace@example.com", done(), page, &token),
                Letter::EmailChangeUndone(done()),
                Letter::PasswordChanged(notice()),
                Letter::NewDevice(notice()),
                Letter::deletion_scheduled(now, Duration::from_secs(30 * 24 * 3600), notice()),
                Letter::AccountDeleted(done()),
                Letter::RefreshTokenReused(notice()),
                Letter::SecondFactorAdded(notice()),
                Letter::SecondFactorRemoved(notice()),
                Letter::SecondFactorGuessed(notice()),
                Letter::PasskeyAdded(notice()),
                Letter::PasskeyRemoved(notice()),
                Letter::RecoveryCodeUsed(notice()),
                Letter::RecoveryCodesReplaced(notice()),
                Letter::Test { time: written(now) },
                Letter::Plain { subject: "Subject".to_owned(), body: "Body".to_owned() },
            ];
            for letter in letters {
                let values = serde_json::to_value(&letter).unwrap();
                let kind = values["kind"].as_str().unwrap();
                kinds.insert(kind.to_owned());
                for locale in ["en", "ko", "de"] {
                    let addressing = Addressing { product: "Example", address: "ada@example.com" };
                    let text = templates.render(kind, &values, locale, addressing).unwrap();
                    let has_token = values.to_string().contains("bfo_");
                    assert_eq!(text.txt.contains("bfo_"), has_token, "{kind} {locale}");
                    assert_eq!(text.txt.contains("https:"), has_token && page.is_some(), "{kind} {locale}");
                    for form in [&text.txt, &text.html] {
                        let (device, place) = (values.get("device"), form.contains("Lisbon, PT"));
                        assert_eq!(place, device.is_some() && page.is_some(), "{kind} {locale}");
                        assert_eq!(place, form.contains("curl"), "{kind} {locale}");
                    }
                }
            }
        }
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), templates.kinds().collect::<Vec<_>>(), "a text without a letter");
    }
}
