//! Queries on `admin_key`, and whether a user is an administrator.

use std::time::Duration;

use entity::{
    AdminKeyId, UnixMillis, UserId,
    admin_key::{Column, Entity, Model},
    user::{self, Status},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockType},
};

use crate::{
    db::{Unavailable, later},
    state::Tx,
};

/// `last_used_at` may be this old: writing it for each request costs too much.
const USE_NOTED_EVERY: Duration = Duration::from_secs(60);

/// Stores a key.
pub(super) async fn insert(tx: &Tx, key: Model) -> Result<(), Unavailable> {
    Entity::insert(key.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// A key, valid or not.
pub(super) async fn find(db: &impl ConnectionTrait, id: AdminKeyId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// All keys, oldest first.
pub(super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, Unavailable> {
    Ok(Entity::find().order_by_asc(Column::Id).all(db).await?)
}

/// Revokes a key; false if no unrevoked key has this id.
pub(super) async fn revoke(tx: &Tx, id: AdminKeyId, now: UnixMillis) -> Result<bool, Unavailable> {
    let update = Entity::update_many().filter(Column::Id.eq(id)).filter(Column::RevokedAt.is_null());
    Ok(update.col_expr(Column::RevokedAt, Expr::value(now)).exec(tx.connection()).await?.rows_affected > 0)
}

/// Whether the use of a key is to be noted: the last note is old.
pub(super) fn is_use_due(key: &Model, now: UnixMillis) -> bool {
    key.last_used_at.is_none_or(|noted| noted <= now.minus(USE_NOTED_EVERY))
}

/// Notes that a key was used; false if `last_used_at` is recent enough.
pub(super) async fn note_use(tx: &Tx, id: AdminKeyId, now: UnixMillis) -> Result<bool, Unavailable> {
    let is_old = Condition::any().add(Column::LastUsedAt.is_null()).add(Column::LastUsedAt.lte(now.minus(USE_NOTED_EVERY)));
    let update = Entity::update_many().filter(Column::Id.eq(id)).filter(is_old);
    Ok(update.col_expr(Column::LastUsedAt, Expr::value(now)).exec(tx.connection()).await?.rows_affected > 0)
}

/// Whether a key is not revoked. It locks the row, so that the answer holds until the transaction ends.
pub(super) async fn is_unrevoked(tx: &Tx, id: AdminKeyId) -> Result<bool, Unavailable> {
    if tx.row_locks_need_writes() {
        let update = Entity::update_many().filter(Column::Id.eq(id)).filter(Column::RevokedAt.is_null());
        let update = update.col_expr(Column::LastUsedAt, later(tx.connection(), "last_used_at"));
        return Ok(update.exec(tx.connection()).await?.rows_affected > 0);
    }
    let key = Entity::find_by_id(id).filter(Column::RevokedAt.is_null()).lock(LockType::Share).one(tx.connection()).await?;
    Ok(key.is_some())
}

/// Whether a user is an administrator.
pub(super) async fn is_admin(tx: &Tx, id: UserId) -> Result<bool, Unavailable> {
    let user = user::Entity::find_by_id(id).filter(user::Column::Status.eq(Status::Active)).one(tx.connection()).await?;
    Ok(user.is_some_and(|user| user.roles.is_admin()))
}
