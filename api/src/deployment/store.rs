//! Queries on `deployment`.

use entity::deployment::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr};

use crate::db::Unavailable;

/// The row that every deployment has.
pub(super) const ID: &str = "id";

pub(crate) async fn read(db: &impl ConnectionTrait) -> Result<Vec<Model>, Unavailable> {
    Ok(Entity::find().all(db).await?)
}

/// The value of a row.
pub(crate) async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<String>, Unavailable> {
    Ok(Entity::find_by_id(name).one(db).await?.map(|row| row.content))
}

/// Lets transactions that call it run one after another: the second waits until the first has ended.
pub(crate) async fn lock(tx: &impl ConnectionTrait) -> Result<(), Unavailable> {
    let update = Entity::update_many().col_expr(Column::Content, Expr::col(Column::Content));
    update.filter(Column::Name.eq(ID)).exec(tx).await?;
    Ok(())
}

/// Records a value if the row is still as it was read; false if another process changed it since.
pub(crate) async fn put(db: &impl ConnectionTrait, name: &str, read: Option<&str>, content: &str) -> Result<bool, Unavailable> {
    if let Some(read) = read {
        let update = Entity::update_many().col_expr(Column::Content, Expr::value(content));
        let updated = update.filter(Column::Name.eq(name)).filter(Column::Content.eq(read)).exec(db).await?;
        return Ok(updated.rows_affected > 0);
    }
    let row = Model { name: name.to_owned(), content: content.to_owned() };
    match Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(Unavailable::from) {
        Err(error) if error.is_duplicate() => Ok(false),
        inserted => inserted.map(|_| true),
    }
}

pub(crate) async fn remove(db: &impl ConnectionTrait, names: &[&str]) -> Result<(), Unavailable> {
    Entity::delete_many().filter(Column::Name.is_in(names.iter().copied())).exec(db).await?;
    Ok(())
}
