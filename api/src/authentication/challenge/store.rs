//! Queries on `challenge`.

use entity::{
    ChallengeId, UnixMillis,
    challenge::{Column, Entity, Model},
    user,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, sea_query::Expr};

use crate::{
    db::{Unavailable, padded},
    state::Tx,
};

/// Stores a challenge.
pub(super) async fn insert(tx: &Tx, challenge: Model) -> Result<(), Unavailable> {
    Entity::insert(challenge.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// The challenges with these ids and their users, expired or not.
pub(super) async fn find_all(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = ChallengeId>,
) -> Result<Vec<(Model, user::Model)>, Unavailable> {
    let ids = padded(ids);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let challenges = Entity::find().filter(Column::Id.is_in(ids)).all(db).await?;
    let users = user::Entity::find().filter(user::Column::Id.is_in(challenges.iter().map(|challenge| challenge.user_id)));
    let users = if challenges.is_empty() { Vec::new() } else { users.all(db).await? };
    let user = |id| users.iter().find(|user| user.id == id).cloned();
    Ok(challenges.into_iter().filter_map(|challenge| user(challenge.user_id).map(|user| (challenge, user))).collect())
}

/// Counts one more code; false if `max` were tried, or if the challenge is gone. All nodes count here.
pub(super) async fn take_try(tx: &Tx, id: ChallengeId, max: i32) -> Result<bool, Unavailable> {
    let update = Entity::update_many()
        .filter(Column::Id.eq(id))
        .filter(Column::Tries.lt(max))
        .col_expr(Column::Tries, Expr::col(Column::Tries).add(1));
    Ok(update.exec(tx.connection()).await?.rows_affected > 0)
}

/// Uses a challenge up; false if another request did.
pub(super) async fn take(tx: &Tx, id: ChallengeId) -> Result<bool, Unavailable> {
    Ok(Entity::delete_by_id(id).exec(tx.connection()).await?.rows_affected > 0)
}

/// Removes challenges that have expired.
pub(crate) async fn purge(db: &impl ConnectionTrait, now: UnixMillis) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(now)).exec(db).await?.rows_affected)
}
