//! Queries on `node_mark`.

use entity::{
    UnixMillis,
    node_mark::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, prelude::Uuid, sea_query::Expr};

use crate::db::Unavailable;

pub(super) async fn insert(db: &impl ConnectionTrait, mark: Model) -> Result<(), Unavailable> {
    Entity::insert(mark.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Counts one more mark; false if the last one is not there.
pub(super) async fn count(db: &impl ConnectionTrait, id: Uuid, last: i64, now: UnixMillis) -> Result<bool, Unavailable> {
    let update = Entity::update_many()
        .col_expr(Column::Count, Expr::value(last + 1))
        .col_expr(Column::MadeAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Count.eq(last));
    Ok(update.exec(db).await?.rows_affected > 0)
}

pub(super) async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Removes the marks of nodes that made none since.
pub(crate) async fn purge(db: &impl ConnectionTrait, before: UnixMillis) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::MadeAt.lt(before)).exec(db).await?.rows_affected)
}
