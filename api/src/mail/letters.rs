//! The texts of the mails.

use std::time::Duration;

use entity::{MailId, UnixMillis, mail, user};
use url::Url;

use crate::{email_address::EmailAddress, random, secret::OneTimeToken};

/// The time in which an address must be confirmed.
pub(crate) const CONFIRMED_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// Asks the reader of an address to confirm the registration.
pub(crate) fn confirm_registration(address: &EmailAddress, page: &Url, token: &OneTimeToken, now: UnixMillis) -> mail::Model {
    // In the fragment: a browser does not send it, so no server logs it (ASVS 14.2.1).
    let mut link = page.clone();
    link.set_fragment(Some(&token.reveal()));
    letter(
        address.as_typed(),
        "Confirm your address",
        format!(
            "Someone, hopefully you, asked to create an account with this address.\n\n\
             To create the account, open this link and choose a password:\n\n{link}\n\n\
             The link works once and expires after one day.\n\n\
             If you did not ask for an account, ignore this mail. No account exists until the link is used.\n"
        ),
        now,
    )
}

/// Tells a user that their address was used for another registration.
pub(crate) fn already_registered(user: &user::Model, now: UnixMillis) -> mail::Model {
    letter(
        &user.email,
        "You have an account already",
        "Someone, hopefully you, asked to create an account with this address. The address has an account already.\n\n\
         If it was you, sign in with the password of that account.\n\n\
         If it was not you, ignore this mail. The answer to the request did not say that you have an account.\n"
            .to_owned(),
        now,
    )
}

/// Tells a user that a refresh token was used twice, and that its session was ended.
pub(crate) fn refresh_token_reused(user: &user::Model, now: UnixMillis) -> mail::Model {
    letter(
        &user.email,
        "A session of yours was ended",
        "A refresh token of one of your sessions was used twice. This happens when the token was copied.\n\n\
         We ended that session. Sign in again to continue.\n\n\
         If you do not know the reason, change your password. That also ends all your other sessions.\n"
            .to_owned(),
        now,
    )
}

fn letter(recipient: &str, subject: &str, body: String, now: UnixMillis) -> mail::Model {
    let id = MailId(random::uuid_v7(now));
    mail::Model { id, recipient: recipient.to_owned(), subject: subject.to_owned(), body, created_at: now }
}
