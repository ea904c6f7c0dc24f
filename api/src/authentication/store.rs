//! Queries on `password`, and on `user` by address.

use entity::{
    PasswordHash, UnixMillis, UserId,
    password::{Column, Entity, Model},
    user::{self, Status},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr};

use crate::{audit::Event, db::Unavailable, email_address::EmailAddress, state::Tx};

/// The user with this address, however it was typed, and the hash of their password if they have one.
pub(crate) async fn find_by_address(
    db: &impl ConnectionTrait,
    address: &EmailAddress,
) -> Result<Option<(user::Model, Option<PasswordHash>)>, Unavailable> {
    let found =
        user::Entity::find().filter(user::Column::EmailCanonical.eq(address.canonical())).find_also_related(Entity).one(db).await?;
    Ok(found.map(|(user, password)| (user, password.map(|password| password.hash))))
}

/// The row of a user's password.
pub(crate) async fn find(db: &impl ConnectionTrait, user: UserId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(user).one(db).await?)
}

/// The hash of a user's password.
pub(crate) async fn find_hash(db: &impl ConnectionTrait, user: UserId) -> Result<Option<PasswordHash>, Unavailable> {
    Ok(Entity::find_by_id(user).one(db).await?.map(|password| password.hash))
}

/// Stores the first password of a user.
pub(crate) async fn insert(tx: &Tx, user: UserId, hash: PasswordHash, now: UnixMillis) -> Result<(), Unavailable> {
    Entity::insert(Model { user_id: user, hash, changed_at: now }.into_active_model())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}

/// Replaces a password; false if it is not `old` any more. A hash identifies a password: each has its own salt.
pub(crate) async fn replace(
    tx: &Tx,
    user: UserId,
    old: &PasswordHash,
    new: &PasswordHash,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    let update = Entity::update_many()
        .filter(Column::UserId.eq(user))
        .filter(Column::Hash.eq(old.clone()))
        .col_expr(Column::Hash, Expr::value(new.clone()))
        .col_expr(Column::ChangedAt, Expr::value(now));
    Ok(update.exec(tx.connection()).await?.rows_affected > 0)
}

/// Stores a password, whether or not the user has one.
pub(crate) async fn put(tx: &Tx, user: UserId, hash: &PasswordHash, now: UnixMillis) -> Result<(), Unavailable> {
    delete(tx, user).await?;
    insert(tx, user, hash.clone(), now).await
}

/// Replaces a hash by another one of the same password, unless the user has another password by now.
pub(crate) async fn upgrade_hash(tx: &Tx, user: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), Unavailable> {
    let update = Entity::update_many()
        .filter(Column::UserId.eq(user))
        .filter(Column::Hash.eq(old.clone()))
        .col_expr(Column::Hash, Expr::value(new.clone()));
    if update.exec(tx.connection()).await?.rows_affected > 0 {
        tx.record(Event::PasswordRehashed.of(user));
    }
    Ok(())
}

/// Removes the password of a user.
pub(crate) async fn delete(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    Entity::delete_by_id(user).exec(tx.connection()).await?;
    Ok(())
}

/// A hash of an active user that begins in none of these ways, if there is any. It may read all rows.
pub(crate) async fn other_hash(db: &impl ConnectionTrait, beginnings: &[String]) -> Result<Option<PasswordHash>, Unavailable> {
    let active = Entity::find().inner_join(user::Entity).filter(user::Column::Status.eq(Status::Active));
    let others = beginnings.iter().fold(active, |others, beginning| others.filter(Column::Hash.not_like(format!("{beginning}%"))));
    Ok(others.one(db).await?.map(|password| password.hash))
}
