//! Queries on the sessions that were opened before a moment.

use entity::{
    SessionId, UnixMillis, challenge,
    session::{Column, Entity},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{db::Unavailable, state::Tx};

/// The ids of those that have not ended, oldest first, after an id.
pub(super) async fn live_before(
    db: &impl ConnectionTrait,
    before: UnixMillis,
    after: Option<SessionId>,
    limit: u64,
) -> Result<Vec<SessionId>, Unavailable> {
    let mut query = Entity::find().select_only().column(Column::Id);
    query = query.filter(Column::EndedAt.is_null()).filter(Column::CreatedAt.lt(before));
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    Ok(query.order_by_asc(Column::Id).limit(limit).into_tuple().all(db).await?)
}

/// Voids the challenges that expire before a moment.
pub(super) async fn void_challenges(tx: &Tx, until: UnixMillis) -> Result<(), Unavailable> {
    challenge::Entity::delete_many().filter(challenge::Column::ExpiresAt.lt(until)).exec(tx.connection()).await?;
    Ok(())
}
