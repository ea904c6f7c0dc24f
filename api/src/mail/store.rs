//! Queries on `mail`.

use entity::{
    MailId,
    mail::{Column, Entity, Model},
};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder};

use crate::db::Unavailable;

pub(crate) async fn insert(db: &impl ConnectionTrait, mail: Model) -> Result<(), Unavailable> {
    mail.into_active_model().insert(db).await?;
    Ok(())
}

pub(crate) async fn oldest(db: &impl ConnectionTrait) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find().order_by_asc(Column::Id).one(db).await?)
}

pub(crate) async fn remove(db: &impl ConnectionTrait, id: MailId) -> Result<(), Unavailable> {
    Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}
