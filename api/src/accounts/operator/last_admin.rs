//! There is always an administrator who can sign in.

use entity::UserId;

use super::store;
use crate::{db::Unavailable, state::Tx};

/// To be called before a transaction disables, demotes or deletes a user: an error if they are the last administrator who is enabled and whose
/// deletion is not scheduled. It locks the rows of all of those, in one order, so that two such transactions do not each count on the other's
/// administrator.
pub(super) async fn keep_an_administrator(tx: &Tx, leaving: UserId) -> Result<Result<(), ()>, Unavailable> {
    let enabled = store::lock_administrators(tx).await?;
    Ok(if enabled == [leaving] { Err(()) } else { Ok(()) })
}

/// The same for users who delete themselves. Only administrators wait for the rows of the others.
pub(in crate::accounts) async fn keep_another_administrator(tx: &Tx, leaving: UserId) -> Result<Result<(), ()>, Unavailable> {
    let is_administrator = store::lock(tx, leaving).await?.is_some_and(|user| user.roles.is_admin());
    if is_administrator { keep_an_administrator(tx, leaving).await } else { Ok(Ok(())) }
}
