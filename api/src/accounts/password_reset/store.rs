//! Queries on `reset_request`.

use entity::{
    ResetRequestId,
    reset_request::{Column, Entity, Model},
};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder};

use crate::{db::Unavailable, state::Tx};

/// Stores a request.
pub(crate) async fn insert(tx: &Tx, request: Model) -> Result<(), Unavailable> {
    Entity::insert(request.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// The oldest request.
pub(super) async fn oldest(db: &impl ConnectionTrait) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find().order_by_asc(Column::Id).one(db).await?)
}

/// Takes a request over; false if another node did.
pub(super) async fn take(tx: &Tx, id: ResetRequestId) -> Result<bool, Unavailable> {
    Ok(Entity::delete_by_id(id).exec(tx.connection()).await?.rows_affected > 0)
}
