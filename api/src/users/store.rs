//! Queries on `user`.

use std::collections::HashSet;

use entity::{
    PasswordHash, RegistrationId, UnixMillis, UserId, registration,
    user::{Column, Entity, Model, Status},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QuerySelect, UpdateMany,
    sea_query::Expr,
};

use crate::{
    cache::Change,
    db::{Unavailable, database_now},
    email_address::EmailAddress,
};

/// Stores a new user; [`Unavailable::is_duplicate`] if the address is taken.
pub(crate) async fn insert(db: &impl ConnectionTrait, user: Model) -> Result<(), Unavailable> {
    user.into_active_model().insert(db).await?;
    Ok(())
}

/// Stores many.
pub(crate) async fn insert_many(db: &impl ConnectionTrait, users: Vec<Model>) -> Result<(), Unavailable> {
    if !users.is_empty() {
        Entity::insert_many(users.into_iter().map(Model::into_active_model)).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Stores a sign-up whose address is yet to be confirmed.
pub(crate) async fn insert_registration(db: &impl ConnectionTrait, waiting: registration::Model) -> Result<(), Unavailable> {
    waiting.into_active_model().insert(db).await?;
    Ok(())
}

/// A sign-up that waits, expired or not.
pub(crate) async fn find_registration(
    db: &impl ConnectionTrait,
    id: RegistrationId,
) -> Result<Option<registration::Model>, Unavailable> {
    Ok(registration::Entity::find_by_id(id).one(db).await?)
}

/// Takes a sign-up away; false if somebody else did.
pub(crate) async fn take_registration(db: &impl ConnectionTrait, id: RegistrationId) -> Result<bool, Unavailable> {
    Ok(registration::Entity::delete_by_id(id).exec(db).await?.rows_affected > 0)
}

/// Removes sign-ups that nobody confirmed in time.
pub(crate) async fn purge_registrations(db: &impl ConnectionTrait, now: UnixMillis) -> Result<u64, Unavailable> {
    Ok(registration::Entity::delete_many().filter(registration::Column::ExpiresAt.lt(now)).exec(db).await?.rows_affected)
}

/// Which of these canonical addresses somebody has.
pub(crate) async fn taken(db: &impl ConnectionTrait, addresses: &HashSet<String>) -> Result<HashSet<String>, Unavailable> {
    let query = Entity::find().select_only().column(Column::EmailCanonical).filter(Column::EmailCanonical.is_in(addresses));
    Ok(query.into_tuple::<String>().all(db).await?.into_iter().collect())
}

/// The user with this id.
pub(crate) async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The user with this address, in whichever form it was typed.
pub(crate) async fn find_by_email(db: &impl ConnectionTrait, address: &EmailAddress) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find().filter(Column::EmailCanonical.eq(address.canonical())).one(db).await?)
}

/// One of the hashes that begin in none of these ways, if there is any. It may have to look at every user.
pub(crate) async fn other_hash(db: &impl ConnectionTrait, beginnings: &[String]) -> Result<Option<PasswordHash>, Unavailable> {
    let others = beginnings.iter().fold(Entity::find().filter(Column::Status.eq(Status::Active)), |others, beginning| {
        others.filter(Column::PasswordHash.not_like(format!("{beginning}%")))
    });
    Ok(others.one(db).await?.map(|user| user.password_hash))
}

/// Replaces a hash by one of the same password: no change that anybody must see. False if it is another password by now.
pub(crate) async fn upgrade_hash(db: &impl ConnectionTrait, user: &Model, hash: PasswordHash) -> Result<bool, Unavailable> {
    let update = with_same_password(user).col_expr(Column::PasswordHash, Expr::value(hash));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Replaces the password; false if it is another one by now.
pub(crate) async fn change_password(db: &impl ConnectionTrait, user: &Model, hash: PasswordHash) -> Result<bool, Unavailable> {
    let update = changed(db, with_same_password(user)).col_expr(Column::PasswordHash, Expr::value(hash));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Changes or removes the name; `None` if the user is gone.
pub(crate) async fn rename(db: &impl ConnectionTrait, id: UserId, name: Option<&str>) -> Result<Option<Change>, Unavailable> {
    let update = update_active(id).col_expr(Column::Name, Expr::value(name.map(str::to_owned)));
    if changed(db, update).exec(db).await?.rows_affected == 0 {
        return Ok(None);
    }
    Ok(Some(latest(db, id).await?))
}

/// Decides whether a user may sign in.
pub(crate) async fn set_status(db: &impl ConnectionTrait, id: UserId, status: Status) -> Result<Change, Unavailable> {
    let update = update_active(id).col_expr(Column::Status, Expr::value(status));
    changed(db, update).exec(db).await?;
    latest(db, id).await
}

/// Notes at a user that something happened to their sessions.
pub(crate) async fn note_change(db: &impl ConnectionTrait, id: UserId) -> Result<Change, Unavailable> {
    changed(db, update_active(id)).exec(db).await?;
    latest(db, id).await
}

/// Removes everything that tells who a user was. The row stays until it is purged, so that every node hears that they are gone.
pub(crate) async fn delete(db: &impl ConnectionTrait, id: UserId) -> Result<Change, Unavailable> {
    let erased = update_active(id)
        .col_expr(Column::Status, Expr::value(Status::Deleted))
        .col_expr(Column::Email, Expr::value(""))
        // No address: it has no `@`. Unique all the same.
        .col_expr(Column::EmailCanonical, Expr::value(id.0.to_string()))
        .col_expr(Column::Name, Expr::value(None::<String>))
        .col_expr(Column::PasswordHash, Expr::value(""));
    changed(db, erased).exec(db).await?;
    Ok(Change::gone(id))
}

/// Removes users who have been gone for a while, by the database's clock.
pub(crate) async fn purge(db: &impl ConnectionTrait, before: UnixMillis) -> Result<u64, Unavailable> {
    let gone = Entity::delete_many().filter(Column::Status.eq(Status::Deleted)).filter(Column::ChangedAt.lt(before));
    Ok(gone.exec(db).await?.rows_affected)
}

/// That something happened, with the version that the row has by now.
async fn latest(db: &impl ConnectionTrait, id: UserId) -> Result<Change, Unavailable> {
    let user = find(db, id).await?;
    Ok(user.map_or(Change::gone(id), |user| Change::user(id, user.version)))
}

fn update_active(id: UserId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(id)).filter(Column::Status.ne(Status::Deleted))
}

/// The user, as long as their password is the one that was verified. A hash is enough to tell: each has a salt of its own.
fn with_same_password(user: &Model) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(user.id)).filter(Column::PasswordHash.eq(user.password_hash.clone()))
}

fn changed(db: &impl ConnectionTrait, update: UpdateMany<Entity>) -> UpdateMany<Entity> {
    update.col_expr(Column::Version, Expr::col(Column::Version).add(1)).col_expr(Column::ChangedAt, database_now(db))
}
