//! Queries on `session`.

use entity::{
    SecretHash, Seed, SessionId, UnixMillis, UserId,
    session::{Column, EndedBecause, Entity, Model},
    user,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    UpdateMany, sea_query::Expr,
};

use crate::db::Unavailable;

/// Stores a new session.
pub(crate) async fn insert(db: &impl ConnectionTrait, session: Model) -> Result<(), Unavailable> {
    session.into_active_model().insert(db).await?;
    Ok(())
}

/// A session and whose it is, ended or not.
pub(crate) async fn find(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<(Model, user::Model)>, Unavailable> {
    let found = Entity::find_by_id(id).find_also_related(user::Entity).one(db).await?;
    Ok(found.and_then(|(session, user)| Some((session, user?))))
}

/// Notes that a session was used, unless it ended meanwhile or somebody else has noted it.
pub(crate) async fn touch(db: &impl ConnectionTrait, read: &Model, used: &Model) -> Result<(), Unavailable> {
    let update = update_live(read.id)
        .filter(Column::LastSeenAt.eq(read.last_seen_at))
        .col_expr(Column::LastSeenAt, Expr::value(used.last_seen_at))
        .col_expr(Column::IdleExpiresAt, Expr::value(used.idle_expires_at));
    update.exec(db).await?;
    Ok(())
}

/// Ends a session; false if it had ended already.
pub(crate) async fn end(
    db: &impl ConnectionTrait,
    id: SessionId,
    because: EndedBecause,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    Ok(ended(update_live(id), because, now).exec(db).await?.rows_affected > 0)
}

/// Ends a session; false if it is not as it was read.
pub(crate) async fn end_unchanged(
    db: &impl ConnectionTrait,
    session: &Model,
    because: EndedBecause,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    Ok(ended(unchanged(session), because, now).exec(db).await?.rows_affected > 0)
}

/// Ends all sessions of a user but one.
pub(crate) async fn end_others(
    db: &impl ConnectionTrait,
    user: UserId,
    kept: SessionId,
    because: EndedBecause,
    now: UnixMillis,
) -> Result<(), Unavailable> {
    let others =
        Entity::update_many().filter(Column::UserId.eq(user)).filter(Column::Id.ne(kept)).filter(Column::EndedAt.is_null());
    ended(others, because, now).exec(db).await?;
    Ok(())
}

/// Moves a session to the next generation; false if it is not as it was read. The one statement that decides which of many racers
/// rotates.
pub(crate) async fn rotate(
    db: &impl ConnectionTrait,
    session: &Model,
    now: UnixMillis,
    idle_expires_at: UnixMillis,
) -> Result<bool, Unavailable> {
    let update = unchanged(session)
        .filter(Column::Generation.eq(session.generation))
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .col_expr(Column::RotatedAt, Expr::value(now))
        .col_expr(Column::LastSeenAt, Expr::value(now))
        .col_expr(Column::IdleExpiresAt, Expr::value(idle_expires_at));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// What a session's credential is proved with.
pub(crate) struct NewProof {
    /// Cookie face.
    pub(crate) secret_hash: Option<SecretHash>,
    /// Bearer face.
    pub(crate) seed: Option<Seed>,
    /// When the credential was proved.
    pub(crate) authenticated_at: UnixMillis,
}

/// Replaces the secret of a session; false if it is not as it was read: it ended, or has another secret by now.
pub(crate) async fn reissue(
    db: &impl ConnectionTrait,
    session: &Model,
    proof: &NewProof,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    let update = changed(unchanged(session), now)
        .col_expr(Column::SecretHash, Expr::value(proof.secret_hash.clone()))
        .col_expr(Column::Seed, Expr::value(proof.seed.clone()))
        .col_expr(Column::Generation, Expr::value(0))
        .col_expr(Column::RotatedAt, Expr::value(None::<UnixMillis>))
        .col_expr(Column::AuthenticatedAt, Expr::value(proof.authenticated_at));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// The live sessions of a user, newest first, older than `before`.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    user: UserId,
    before: Option<SessionId>,
    limit: u64,
    now: UnixMillis,
) -> Result<Vec<Model>, Unavailable> {
    let mut live = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::IdleExpiresAt.gt(now));
    if let Some(before) = before {
        live = live.filter(Column::Id.lt(before));
    }
    Ok(live.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

fn update_live(id: SessionId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(id)).filter(Column::EndedAt.is_null())
}

/// A session that nothing has happened to since it was read: `version` counts ends and new secrets.
fn unchanged(session: &Model) -> UpdateMany<Entity> {
    update_live(session.id).filter(Column::Version.eq(session.version))
}

fn ended(update: UpdateMany<Entity>, because: EndedBecause, now: UnixMillis) -> UpdateMany<Entity> {
    changed(update, now).col_expr(Column::EndedAt, Expr::value(now)).col_expr(Column::EndedBecause, Expr::value(because))
}

fn changed(update: UpdateMany<Entity>, now: UnixMillis) -> UpdateMany<Entity> {
    update.col_expr(Column::Version, Expr::col(Column::Version).add(1)).col_expr(Column::ChangedAt, Expr::value(now))
}
