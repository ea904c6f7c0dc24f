//! Queries on `attempt_limit`. Every change is one statement of its own: what happens to the request afterwards takes none back.

use std::collections::HashMap;

use entity::{
    LimitKey, UnixMillis,
    attempt_limit::{Column, Entity, Model},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    sea_query::Expr,
};

use super::gcra;
use crate::{config::Rate, db::Unavailable};

/// The limit with this key.
pub(super) async fn find(db: &impl ConnectionTrait, key: &LimitKey) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(key.clone()).one(db).await?)
}

/// Until when devices and networks count as their owner's; those that do not are left out.
pub(super) async fn known(
    db: &impl ConnectionTrait,
    keys: &[LimitKey],
    now: UnixMillis,
) -> Result<HashMap<LimitKey, UnixMillis>, Unavailable> {
    let known = Entity::find().filter(Column::Key.is_in(keys.iter().cloned())).filter(Column::KnownUntil.gt(now));
    Ok(known.all(db).await?.into_iter().filter_map(|row| Some((row.key, row.known_until?))).collect())
}

/// Takes one, as [`gcra::take`] does, atomically. Whether there was one.
pub(super) async fn take(db: &impl ConnectionTrait, key: &LimitKey, rate: Rate, now: UnixMillis) -> Result<bool, Unavailable> {
    let full = now.plus(rate.period);
    let millis = i64::try_from(rate.interval().as_millis()).unwrap_or(i64::MAX);
    let from = Expr::case(Column::NewAt.lt(now), Expr::value(now)).finally(Expr::col(Column::NewAt));
    let update = Entity::update_many()
        .col_expr(Column::NewAt, Expr::expr(from).add(Expr::value(millis)))
        .filter(Column::Key.eq(key.clone()))
        .filter(Column::NewAt.lte(full.minus(rate.interval())));
    if update.exec(db).await?.rows_affected > 0 {
        return Ok(true);
    }
    let Some(found) = find(db, key).await? else {
        let first = insert(db, Model { key: key.clone(), new_at: now.plus(rate.interval()), known_until: None }).await?;
        // Of two first ones at once, one makes the row.
        return Ok(first || Box::pin(take(db, key, rate, now)).await?);
    };
    if found.new_at > full {
        // The clock was set back.
        let update = Entity::update_many().col_expr(Column::NewAt, Expr::value(full));
        update.filter(Column::Key.eq(key.clone())).filter(Column::NewAt.gt(full)).exec(db).await?;
    }
    Ok(gcra::take(rate, found.new_at, now).is_ok() && Box::pin(take(db, key, rate, now)).await?)
}

/// Gives one back.
pub(super) async fn give_back(db: &impl ConnectionTrait, key: &LimitKey, rate: Rate) -> Result<(), Unavailable> {
    let millis = i64::try_from(rate.interval().as_millis()).unwrap_or(i64::MAX);
    let update = Entity::update_many().col_expr(Column::NewAt, Expr::col(Column::NewAt).sub(Expr::value(millis)));
    update.filter(Column::Key.eq(key.clone())).exec(db).await?;
    Ok(())
}

/// Notes that an owner signed in with a device, or from a network.
pub(super) async fn know(db: &impl ConnectionTrait, key: &LimitKey, until: UnixMillis, now: UnixMillis) -> Result<(), Unavailable> {
    let update = Entity::update_many().col_expr(Column::KnownUntil, Expr::value(Some(until)));
    if update.filter(Column::Key.eq(key.clone())).exec(db).await?.rows_affected == 0 {
        insert(db, Model { key: key.clone(), new_at: now, known_until: Some(until) }).await?;
    }
    Ok(())
}

/// Removes what limits nothing and knows nothing any more; returns how many.
pub(crate) async fn purge(db: &impl ConnectionTrait, now: UnixMillis) -> Result<u64, Unavailable> {
    let unknown = Condition::any().add(Column::KnownUntil.is_null()).add(Column::KnownUntil.lt(now));
    Ok(Entity::delete_many().filter(Column::NewAt.lt(now)).filter(unknown).exec(db).await?.rows_affected)
}

/// False if another request was faster.
async fn insert(db: &impl ConnectionTrait, limit: Model) -> Result<bool, Unavailable> {
    match limit.into_active_model().insert(db).await.map_err(Unavailable::from) {
        Ok(_) => Ok(true),
        Err(error) if error.is_duplicate() => Ok(false),
        Err(error) => Err(error),
    }
}
