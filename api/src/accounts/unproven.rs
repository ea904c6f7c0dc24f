//! A stranger may have signed up with an address that was never verified. Once its owner proves the mailbox, nothing of theirs may stay.

use entity::UserId;

use super::store;
use crate::{audit::Event, authentication::second_factor, db::Unavailable, one_time_tokens, state::Tx};

/// Removes the second factors and passkeys of a user whose address is verified for the first time by the mailbox alone, and voids their
/// one-time tokens. Password and sessions are the caller's.
pub(super) async fn remove_unproven(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    if second_factor::store::remove_all(tx, user).await? {
        store::set_second_factor(tx, user, false).await?;
        tx.record(Event::SecondFactorRemoved.of(user).because("email_claimed"));
    }
    one_time_tokens::store::void_all(tx, user).await
}
