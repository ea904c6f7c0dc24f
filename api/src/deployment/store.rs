//! Queries on `deployment`.

use entity::deployment::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr};

use crate::db::Unavailable;

pub(crate) async fn read(db: &impl ConnectionTrait) -> Result<Vec<Model>, Unavailable> {
    Ok(Entity::find().all(db).await?)
}

pub(crate) async fn put(db: &impl ConnectionTrait, name: &str, content: &str) -> Result<(), Unavailable> {
    let row = Model { name: name.to_owned(), content: content.to_owned() };
    match Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(Unavailable::from) {
        Err(error) if error.is_duplicate() => {
            let update = Entity::update_many().col_expr(Column::Content, Expr::value(content));
            update.filter(Column::Name.eq(name)).exec(db).await?;
            Ok(())
        }
        inserted => inserted.map(drop),
    }
}

pub(crate) async fn remove(db: &impl ConnectionTrait, names: &[&str]) -> Result<(), Unavailable> {
    Entity::delete_many().filter(Column::Name.is_in(names.iter().copied())).exec(db).await?;
    Ok(())
}
