//! Mail: written to the database in the transaction that gives the reason, delivered afterwards, at least once.

mod outbox;
pub(crate) mod store;

use entity::{MailId, UnixMillis, mail, user};

pub use outbox::{DeliveryError, Outbox};

use crate::random;

/// Tells a user that one of their refresh tokens was used twice, and that the session it belonged to has ended.
pub(crate) fn refresh_token_reused(user: &user::Model, now: UnixMillis) -> mail::Model {
    mail::Model {
        id: MailId(random::uuid_v7(now)),
        recipient: user.email.clone(),
        subject: "A session of yours was ended".to_owned(),
        body: "A refresh token of one of your sessions was used a second time, as happens when somebody copies it.\n\
               We have ended that session on every device that used it. Sign in again to go on.\n\n\
               If this surprises you, change your password: that ends all other sessions too.\n"
            .to_owned(),
        created_at: now,
    }
}
