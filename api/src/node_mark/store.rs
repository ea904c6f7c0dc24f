//! Queries on `node_mark`.

use entity::{
    UnixMillis,
    node_mark::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    prelude::Uuid,
    sea_query::{Expr, Query},
};

use crate::db::{Unavailable, database_now};

pub(super) async fn insert(db: &impl ConnectionTrait, id: Uuid) -> Result<(), Unavailable> {
    let values = Query::select().expr(Expr::value(id)).expr(Expr::value(1_i64)).expr(database_now(db)).to_owned();
    let columns = [Column::Id, Column::Count, Column::MadeAt];
    let insert = Query::insert().into_table(Entity).columns(columns).select_from(values).map(|insert| insert.to_owned());
    db.execute(&insert.map_err(|error| DbErr::Custom(error.to_string()))?).await?;
    Ok(())
}

/// Counts one more mark; false if the last one is not there.
pub(super) async fn count(db: &impl ConnectionTrait, id: Uuid, last: i64) -> Result<bool, Unavailable> {
    let update = Entity::update_many()
        .col_expr(Column::Count, Expr::value(last + 1))
        .col_expr(Column::MadeAt, database_now(db))
        .filter(Column::Id.eq(id))
        .filter(Column::Count.eq(last));
    Ok(update.exec(db).await?.rows_affected > 0)
}

pub(super) async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

pub(super) async fn remove(db: &impl ConnectionTrait, id: Uuid) -> Result<(), Unavailable> {
    Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

pub(super) async fn is_any_since(db: &impl ConnectionTrait, since: UnixMillis) -> Result<bool, Unavailable> {
    Ok(Entity::find().filter(Column::MadeAt.gt(since)).one(db).await?.is_some())
}

/// Removes the marks of nodes that made none since.
pub(crate) async fn purge(db: &impl ConnectionTrait, before: UnixMillis) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::MadeAt.lt(before)).exec(db).await?.rows_affected)
}
