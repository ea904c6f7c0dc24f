//! A deployment with administrators keeps one who can sign in.

use entity::UserId;

use super::store;
use crate::{db::Unavailable, state::Tx};

/// Call it before a transaction disables, demotes or deletes a user. It is an error if the user is the last administrator who is enabled,
/// has a password or a passkey, and whose deletion is not scheduled. It locks the rows of all such administrators in one order: otherwise each of two transactions
/// could rely on the administrator whom the other one removes.
pub(super) async fn keep_an_administrator(tx: &Tx, leaving: UserId) -> Result<Result<(), ()>, Unavailable> {
    let enabled = store::lock_administrators(tx).await?;
    Ok(if enabled == [leaving] { Err(()) } else { Ok(()) })
}

/// The same for a user who deletes their own account. Only administrators wait for the rows of other administrators.
pub(in crate::accounts) async fn keep_another_administrator(tx: &Tx, leaving: UserId) -> Result<Result<(), ()>, Unavailable> {
    let is_administrator = store::lock(tx, leaving).await?.is_some_and(|user| user.roles.is_admin());
    if is_administrator { keep_an_administrator(tx, leaving).await } else { Ok(Ok(())) }
}
