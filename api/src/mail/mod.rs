//! Mail: written to the database in the transaction that gives the reason, delivered afterwards, at least once.

mod outbox;
pub(crate) mod store;

use entity::{MailId, UnixMillis, mail, user};

pub use outbox::{DeliveryError, Outbox};

use std::time::Duration;

use url::Url;

use crate::{email_address::EmailAddress, random, secret::OneTimeToken};

/// How long a registration waits for its address to be confirmed.
pub(crate) const CONFIRMED_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// Asks whoever reads an address to confirm that they signed up.
pub(crate) fn confirm_registration(address: &EmailAddress, page: &Url, token: &OneTimeToken, now: UnixMillis) -> mail::Model {
    // In the fragment: browsers send it to nobody, and no server logs it (ASVS 14.2.1).
    let mut link = page.clone();
    link.set_fragment(Some(&token.reveal()));
    letter(
        address.as_typed(),
        "Confirm your address",
        format!(
            "Somebody, you we hope, wants to sign up with this address. To go on, open\n\n{link}\n\n\
             and choose your password there. The link works once, for a day.\n\n\
             If it was not you, do nothing: nothing has happened yet.\n"
        ),
        now,
    )
}

/// Tells a user that somebody wanted to sign up with their address.
pub(crate) fn already_registered(user: &user::Model, now: UnixMillis) -> mail::Model {
    letter(
        &user.email,
        "You have an account already",
        "Somebody, maybe you, wanted to sign up with this address, which has an account already.\n\
         If it was you, sign in with the password that you chose then.\n\n\
         If it was not, there is nothing to do: nobody has learned that you have an account.\n"
            .to_owned(),
        now,
    )
}

/// Tells a user that one of their refresh tokens was used twice, and that the session it belonged to has ended.
pub(crate) fn refresh_token_reused(user: &user::Model, now: UnixMillis) -> mail::Model {
    letter(
        &user.email,
        "A session of yours was ended",
        "A refresh token of one of your sessions was used a second time, as happens when somebody copies it.\n\
         We have ended that session on every device that used it. Sign in again to go on.\n\n\
         If this surprises you, change your password: that ends all other sessions too.\n"
            .to_owned(),
        now,
    )
}

fn letter(recipient: &str, subject: &str, body: String, now: UnixMillis) -> mail::Model {
    let id = MailId(random::uuid_v7(now));
    mail::Model { id, recipient: recipient.to_owned(), subject: subject.to_owned(), body, created_at: now }
}
