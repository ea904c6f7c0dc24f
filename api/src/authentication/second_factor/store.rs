//! Queries on `totp` and `recovery_code`.

use entity::{SecretHash, UnixMillis, UserId, challenge, recovery_code, totp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use crate::{authentication::passkey, db::Unavailable, secret::TotpStep, state::Tx};

/// The secret that a user shares with an authenticator app, confirmed or not.
pub(crate) async fn find_totp(db: &impl ConnectionTrait, user: UserId) -> Result<Option<totp::Model>, Unavailable> {
    Ok(totp::Entity::find_by_id(user).one(db).await?)
}

/// Stores a secret that is not confirmed yet, in the place of one that was not confirmed either; false if the user has a confirmed one. To
/// be called in a transaction that has locked the user: of two that store one at the same time, the later one counts.
pub(crate) async fn put_pending(tx: &Tx, pending: totp::Model) -> Result<bool, Unavailable> {
    let former = totp::Entity::delete_many().filter(totp::Column::UserId.eq(pending.user_id));
    former.filter(totp::Column::ConfirmedAt.is_null()).exec(tx.connection()).await?;
    if totp::Entity::find_by_id(pending.user_id).one(tx.connection()).await?.is_some() {
        return Ok(false);
    }
    totp::Entity::insert(pending.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(true)
}

/// Confirms a secret, and uses up the code that confirms it; false if the secret was replaced or confirmed by another request.
pub(crate) async fn confirm(tx: &Tx, pending: &totp::Model, step: TotpStep, now: UnixMillis) -> Result<bool, Unavailable> {
    let update = totp::Entity::update_many()
        .filter(totp::Column::UserId.eq(pending.user_id))
        .filter(totp::Column::Secret.eq(pending.secret.clone()))
        .filter(totp::Column::ConfirmedAt.is_null())
        .col_expr(totp::Column::ConfirmedAt, Expr::value(now))
        .col_expr(totp::Column::LastStep, Expr::value(step.0));
    Ok(update.exec(tx.connection()).await?.rows_affected > 0)
}

/// Uses up the code of a step; false if this code, or a later one, was used. Of several requests on any nodes, one gets true.
pub(super) async fn take_step(tx: &Tx, user: UserId, step: TotpStep) -> Result<bool, Unavailable> {
    let update = totp::Entity::update_many()
        .filter(totp::Column::UserId.eq(user))
        .filter(totp::Column::ConfirmedAt.is_not_null())
        .filter(totp::Column::LastStep.lt(step.0))
        .col_expr(totp::Column::LastStep, Expr::value(step.0));
    Ok(update.exec(tx.connection()).await?.rows_affected > 0)
}

/// Whether a user has this recovery code.
pub(super) async fn has_code(db: &impl ConnectionTrait, user: UserId, hash: &SecretHash) -> Result<bool, Unavailable> {
    Ok(recovery_code::Entity::find_by_id((user, hash.clone())).one(db).await?.is_some())
}

/// Uses up a recovery code; false if another request did.
pub(super) async fn take_code(tx: &Tx, user: UserId, hash: &SecretHash) -> Result<bool, Unavailable> {
    Ok(recovery_code::Entity::delete_by_id((user, hash.clone())).exec(tx.connection()).await?.rows_affected > 0)
}

/// How many recovery codes a user has left.
pub(crate) async fn count_codes(db: &impl ConnectionTrait, user: UserId) -> Result<u64, Unavailable> {
    Ok(recovery_code::Entity::find().filter(recovery_code::Column::UserId.eq(user)).count(db).await?)
}

/// Gives a user these recovery codes, and voids all others.
pub(crate) async fn replace_codes(tx: &Tx, user: UserId, hashes: Vec<SecretHash>) -> Result<(), Unavailable> {
    void_codes(tx, user).await?;
    let rows = hashes.into_iter().map(|code_hash| recovery_code::Model { user_id: user, code_hash }.into_active_model());
    recovery_code::Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
    Ok(())
}

async fn void_codes(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    recovery_code::Entity::delete_many().filter(recovery_code::Column::UserId.eq(user)).exec(tx.connection()).await?;
    Ok(())
}

/// Removes all second factors of a user, and the sign-ins that wait for one; false if the user had none that counts.
pub(crate) async fn remove_all(tx: &Tx, user: UserId) -> Result<bool, Unavailable> {
    let had_app = remove_totp(tx, user).await?;
    let had_any = passkey::store::remove_all(tx, user).await? || had_app;
    if had_any {
        void_codes(tx, user).await?;
        void_challenges(tx, user).await?;
    }
    Ok(had_any)
}

/// Removes the second factors that were added at this time or later, and the recovery codes with them: who added a factor may have read
/// those. `None` if there were none; otherwise whether any factor is left.
pub(crate) async fn remove_since(tx: &Tx, user: UserId, since: UnixMillis) -> Result<Option<bool>, Unavailable> {
    let had_app = remove_totp_if(tx, user, totp::Column::ConfirmedAt.gte(since)).await?;
    if !passkey::store::remove_since(tx, user, since).await? && !had_app {
        return Ok(None);
    }
    void_codes(tx, user).await?;
    void_challenges(tx, user).await?;
    has_any(tx, user).await.map(Some)
}

/// Removes the authenticator app of a user; false if they have none.
pub(crate) async fn remove_totp(tx: &Tx, user: UserId) -> Result<bool, Unavailable> {
    remove_totp_if(tx, user, totp::Column::ConfirmedAt.is_not_null()).await
}

async fn remove_totp_if(tx: &Tx, user: UserId, which: Expr) -> Result<bool, Unavailable> {
    let confirmed = totp::Entity::delete_many().filter(totp::Column::UserId.eq(user)).filter(which);
    Ok(confirmed.exec(tx.connection()).await?.rows_affected > 0)
}

/// To be called after one factor was removed: voids the sign-ins that wait for it, and the recovery codes if it was the last one. Returns
/// whether any is left.
pub(crate) async fn after_removal(tx: &Tx, user: UserId) -> Result<bool, Unavailable> {
    void_challenges(tx, user).await?;
    let has_any = has_any(tx, user).await?;
    if !has_any {
        void_codes(tx, user).await?;
    }
    Ok(has_any)
}

/// Whether a user has a second factor that counts.
pub(crate) async fn has_any(tx: &Tx, user: UserId) -> Result<bool, Unavailable> {
    let app = find_totp(tx.connection(), user).await?.is_some_and(|row| row.confirmed_at.is_some());
    Ok(app || passkey::store::count(tx.connection(), user).await? > 0)
}

/// Voids the sign-ins of a user that wait for a second factor.
pub(crate) async fn void_challenges(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    challenge::Entity::delete_many().filter(challenge::Column::UserId.eq(user)).exec(tx.connection()).await?;
    Ok(())
}

/// Removes everything of a user who is deleted.
pub(crate) async fn erase(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    remove_all(tx, user).await?;
    totp::Entity::delete_by_id(user).exec(tx.connection()).await?;
    Ok(())
}

/// Removes secrets that were not confirmed before a moment.
pub(crate) async fn purge(db: &impl ConnectionTrait, before: UnixMillis) -> Result<u64, Unavailable> {
    let stale = totp::Entity::delete_many().filter(totp::Column::ConfirmedAt.is_null()).filter(totp::Column::CreatedAt.lt(before));
    Ok(stale.exec(db).await?.rows_affected)
}

/// Secrets by the ids of their users, in order: at most `limit` of those after `after`.
pub(super) async fn page(db: &impl ConnectionTrait, after: Option<UserId>, limit: u64) -> Result<Vec<totp::Model>, Unavailable> {
    let mut page = totp::Entity::find();
    if let Some(after) = after {
        page = page.filter(totp::Column::UserId.gt(after));
    }
    Ok(page.order_by_asc(totp::Column::UserId).limit(limit).all(db).await?)
}

/// Replaces the sealed form of a secret; false if it is no longer as it was read.
pub(super) async fn reseal(db: &impl ConnectionTrait, row: &totp::Model, secret: Vec<u8>) -> Result<bool, Unavailable> {
    let update = totp::Entity::update_many().col_expr(totp::Column::Secret, Expr::value(secret));
    let update = update.filter(totp::Column::UserId.eq(row.user_id)).filter(totp::Column::Secret.eq(row.secret.clone()));
    Ok(update.exec(db).await?.rows_affected > 0)
}
