//! Queries on `user`.

use entity::{
    PasswordHash, UnixMillis, UserId,
    user::{Column, Entity, Model},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, UpdateMany,
    sea_query::Expr,
};

use crate::{db::Unavailable, email_address::EmailAddress};

/// Stores a new user; [`Unavailable::is_duplicate`] if the address is taken.
pub(crate) async fn insert(db: &impl ConnectionTrait, user: Model) -> Result<(), Unavailable> {
    user.into_active_model().insert(db).await?;
    Ok(())
}

/// The user with this id.
pub(crate) async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The user with this address, in whichever form it was typed.
pub(crate) async fn find_by_email(db: &impl ConnectionTrait, address: &EmailAddress) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find().filter(Column::EmailCanonical.eq(address.canonical())).one(db).await?)
}

/// Replaces a hash by one of the same password: no change that anybody must see.
pub(crate) async fn upgrade_hash(db: &impl ConnectionTrait, user: &Model, hash: PasswordHash) -> Result<(), Unavailable> {
    with_same_password(user).col_expr(Column::PasswordHash, Expr::value(hash)).exec(db).await?;
    Ok(())
}

/// Replaces the password; false if it is another one by now.
pub(crate) async fn change_password(
    db: &impl ConnectionTrait,
    user: &Model,
    hash: PasswordHash,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    let update = changed(with_same_password(user), now).col_expr(Column::PasswordHash, Expr::value(hash));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Changes or removes the name; false if the user is gone.
pub(crate) async fn rename(
    db: &impl ConnectionTrait,
    id: UserId,
    name: Option<&str>,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    let update = Entity::update_many().filter(Column::Id.eq(id)).col_expr(Column::Name, Expr::value(name.map(str::to_owned)));
    Ok(changed(update, now).exec(db).await?.rows_affected > 0)
}

/// Removes a user, and with them all their sessions.
pub(crate) async fn delete(db: &impl ConnectionTrait, id: UserId) -> Result<(), Unavailable> {
    Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// The user, as long as their password is the one that was verified. A hash is enough to tell: each has a salt of its own.
fn with_same_password(user: &Model) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(user.id)).filter(Column::PasswordHash.eq(user.password_hash.clone()))
}

fn changed(update: UpdateMany<Entity>, now: UnixMillis) -> UpdateMany<Entity> {
    update.col_expr(Column::Version, Expr::col(Column::Version).add(1)).col_expr(Column::ChangedAt, Expr::value(now))
}
