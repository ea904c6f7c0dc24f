//! Queries on the sessions that expired.

use entity::{
    SessionId, UnixMillis,
    session::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::db::Unavailable;

/// A place in the order in which sessions expire.
pub(super) type Place = (UnixMillis, SessionId);

/// Sessions that expired after a place and by a moment, in the order in which they did. One that was ended after that expired all the same.
pub(super) async fn expired(
    db: &impl ConnectionTrait,
    (at, id): Place,
    until: UnixMillis,
    limit: u64,
) -> Result<Vec<Model>, Unavailable> {
    let later = Column::IdleExpiresAt.gt(at);
    let same = Condition::all().add(Column::IdleExpiresAt.eq(at)).add(Column::Id.gt(id));
    let as_expired = Expr::col(Column::EndedAt).gte(Expr::col(Column::IdleExpiresAt));
    let expired = Entity::find()
        .filter(Column::IdleExpiresAt.lte(until))
        .filter(Condition::any().add(later).add(same))
        .filter(Condition::any().add(Column::EndedAt.is_null()).add(as_expired));
    Ok(expired.order_by_asc(Column::IdleExpiresAt).order_by_asc(Column::Id).limit(limit).all(db).await?)
}
