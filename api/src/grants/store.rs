//! Queries on `token_grant`.

use entity::{
    GrantId, Seed, UnixMillis, session,
    token_grant::{Column, Entity, Model},
    user,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, sea_query::Expr};

use crate::{
    db::{Unavailable, padded},
    state::Tx,
};

/// A grant, its session and its user, whether or not the session has ended.
pub(crate) type Found = (Model, session::Model, user::Model);

/// Stores a new grant.
pub(crate) async fn insert(tx: &Tx, grant: Model) -> Result<(), Unavailable> {
    Entity::insert(grant.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// The grants with these ids, in one query.
pub(crate) async fn find_all(db: &impl ConnectionTrait, ids: impl IntoIterator<Item = GrantId>) -> Result<Vec<Found>, Unavailable> {
    let ids = padded(ids);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = Entity::find().filter(Column::Id.is_in(ids));
    let found = query.find_also_related(session::Entity).find_also(session::Entity, user::Entity).all(db).await?;
    Ok(found.into_iter().filter_map(|(grant, session, user)| Some((grant, session?, user?))).collect())
}

/// Moves a grant to the next generation; false if it is not as it was read. To be called in the transaction that has locked its live
/// session: this one statement decides which of many concurrent requests rotates.
pub(crate) async fn rotate(tx: &Tx, grant: &Model, now: UnixMillis) -> Result<bool, Unavailable> {
    let update = Entity::update_many()
        .filter(Column::Id.eq(grant.id))
        .filter(Column::Generation.eq(grant.generation))
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .col_expr(Column::RotatedAt, Expr::value(now));
    Ok(update.exec(tx.connection()).await?.rows_affected > 0)
}

/// Starts the chain of a grant anew, with another seed. To be called in the transaction that has renewed the session.
pub(crate) async fn reseed(tx: &Tx, id: GrantId, seed: &Seed) -> Result<Option<Model>, Unavailable> {
    let update = Entity::update_many()
        .filter(Column::Id.eq(id))
        .col_expr(Column::Seed, Expr::value(seed.clone()))
        .col_expr(Column::Generation, Expr::value(0))
        .col_expr(Column::RotatedAt, Expr::value(None::<UnixMillis>));
    update.exec(tx.connection()).await?;
    Ok(Entity::find_by_id(id).one(tx.connection()).await?)
}
