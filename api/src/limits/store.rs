//! Queries on `attempt_limit`. An attempt is taken by a transaction of its own, or by one statement: nothing that happens to the request
//! afterwards undoes it.

use std::time::Duration;

use entity::{
    LimitKey, UnixMillis,
    attempt_limit::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, sea_query::Expr};

use super::gcra;
use crate::{
    config::Rate,
    db::{Db, Unavailable},
};

/// Retries when two requests insert the row of one limit at the same time.
const MAX_RETRIES: usize = 8;

/// Takes one from each limit, as [`gcra::take`] does, or from none; then it returns how long to wait.
pub(super) async fn take(db: &Db, limits: &[(LimitKey, Rate)], now: UnixMillis) -> Result<Result<(), Duration>, Unavailable> {
    let mut retries = 0..MAX_RETRIES;
    loop {
        let exhausted = match db.retry(|| take_all(db, limits, now)).await {
            // Another request inserted the row.
            Err(error) if error.is_duplicate() && retries.next().is_some() => continue,
            done => done?,
        };
        let Some((found, rate)) = exhausted else { return Ok(Ok(())) };
        match gcra::take(rate, Duration::ZERO, found.new_at, now) {
            // Another request inserted the row, or refunded one.
            Ok(_) if retries.next().is_some() => {}
            Ok(_) => return Ok(Err(rate.interval())),
            Err(exhausted) => {
                if found.new_at > exhausted.new_at {
                    lower(db.connection(), limits, now).await?;
                }
                return Ok(Err(exhausted.wait));
            }
        }
    }
}

/// Takes one from a limit, in a transaction whose rollback returns it; false if none is left.
pub(super) async fn take_within(
    tx: &impl ConnectionTrait,
    key: &LimitKey,
    rate: Rate,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    let Some((found, rate)) = take_one(tx, key, rate, now).await? else { return Ok(true) };
    if gcra::take(rate, Duration::ZERO, found.new_at, now).is_err_and(|exhausted| found.new_at > exhausted.new_at) {
        lower(tx, &[(key.clone(), rate)], now).await?;
    }
    Ok(false)
}

/// Returns one to each limit.
pub(super) async fn refund(db: &Db, limits: &[(LimitKey, Rate)]) -> Result<(), Unavailable> {
    for (key, rate) in limits {
        let update = Entity::update_many().col_expr(Column::NewAt, Expr::col(Column::NewAt).sub(Expr::value(millis(*rate))));
        update.filter(Column::Key.eq(key.clone())).exec(db.relaxed_connection()).await?;
    }
    Ok(())
}

/// Makes the full burst of a limit available again.
pub(super) async fn clear(db: &impl ConnectionTrait, key: LimitKey) -> Result<(), Unavailable> {
    Entity::delete_by_id(key).exec(db).await?;
    Ok(())
}

/// When the full burst of a limit is available again; `None` if it is now.
pub(super) async fn new_at(db: &impl ConnectionTrait, key: &LimitKey) -> Result<Option<UnixMillis>, Unavailable> {
    Ok(Entity::find_by_id(key.clone()).one(db).await?.map(|row| row.new_at))
}

/// Removes limits whose full burst is available again; returns how many.
pub(crate) async fn purge(db: &impl ConnectionTrait, now: UnixMillis) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::NewAt.lt(now)).exec(db).await?.rows_affected)
}

/// The row of a limit with nothing left, and its rate.
type ExhaustedRow = (Model, Rate);

/// Takes one from each limit, or from none.
async fn take_all(db: &Db, limits: &[(LimitKey, Rate)], now: UnixMillis) -> Result<Option<ExhaustedRow>, Unavailable> {
    if let [(key, rate)] = limits {
        return take_one(db.relaxed_connection(), key, *rate, now).await;
    }
    let transaction = db.begin_relaxed().await?;
    for (key, rate) in limits {
        if let Some(exhausted) = take_one(&transaction, key, *rate, now).await? {
            transaction.rollback().await?;
            return Ok(Some(exhausted));
        }
    }
    transaction.commit().await?;
    Ok(None)
}

/// Takes one, if one is left.
async fn take_one(
    db: &impl ConnectionTrait,
    key: &LimitKey,
    rate: Rate,
    now: UnixMillis,
) -> Result<Option<ExhaustedRow>, Unavailable> {
    let full = now.plus(rate.period);
    let from = Expr::case(Column::NewAt.lt(now), Expr::value(now)).finally(Expr::col(Column::NewAt));
    let update = Entity::update_many()
        .col_expr(Column::NewAt, Expr::expr(from).add(Expr::value(millis(rate))))
        .filter(Column::Key.eq(key.clone()))
        .filter(Column::NewAt.lte(full.minus(rate.interval())));
    if update.exec(db).await?.rows_affected > 0 {
        return Ok(None);
    }
    let found = Entity::find_by_id(key.clone()).one(db).await?;
    if found.is_none() {
        Entity::insert(Model { key: key.clone(), new_at: now.plus(rate.interval()) }.into_active_model())
            .exec_without_returning(db)
            .await?;
    }
    Ok(found.map(|found| (found, rate)))
}

/// The clock was set back, or the rate was changed in the configuration: no client waits for longer than at exhausted limits.
async fn lower(db: &impl ConnectionTrait, limits: &[(LimitKey, Rate)], now: UnixMillis) -> Result<(), Unavailable> {
    for (key, rate) in limits {
        let empty = now.plus(rate.period);
        let update = Entity::update_many().col_expr(Column::NewAt, Expr::value(empty));
        update.filter(Column::Key.eq(key.clone())).filter(Column::NewAt.gt(empty)).exec(db).await?;
    }
    Ok(())
}

fn millis(rate: Rate) -> i64 {
    i64::try_from(rate.interval().as_millis()).unwrap_or(i64::MAX)
}
