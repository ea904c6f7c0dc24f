//! Queries on `signing_key`.

use entity::signing_key::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::Expr};

use crate::db::Unavailable;

/// All keys, oldest first.
pub(crate) async fn read(db: &impl ConnectionTrait) -> Result<Vec<Model>, Unavailable> {
    Ok(Entity::find().order_by_asc(Column::Number).all(db).await?)
}

/// Stores keys, all or none; false if another process stored one with the same number or id.
pub(crate) async fn add(db: &impl ConnectionTrait, keys: Vec<Model>) -> Result<bool, Unavailable> {
    let rows = keys.into_iter().map(IntoActiveModel::into_active_model);
    match Entity::insert_many(rows).exec_without_returning(db).await.map_err(Unavailable::from) {
        Err(error) if error.is_duplicate() => Ok(false),
        added => added.map(|_| true),
    }
}

/// Replaces the sealed form of a key; false if it is no longer as it was read.
pub(super) async fn reseal(db: &impl ConnectionTrait, key: &Model, private: Vec<u8>) -> Result<bool, Unavailable> {
    let update = Entity::update_many().col_expr(Column::Private, Expr::value(private));
    let update = update.filter(Column::Number.eq(key.number)).filter(Column::Private.eq(key.private.clone()));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Removes keys by number, and returns how many.
pub(crate) async fn remove(db: &impl ConnectionTrait, numbers: Vec<i32>) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::Number.is_in(numbers)).exec(db).await?.rows_affected)
}

/// Removes all keys.
pub(crate) async fn clear(db: &impl ConnectionTrait) -> Result<(), Unavailable> {
    Entity::delete_many().exec(db).await?;
    Ok(())
}
