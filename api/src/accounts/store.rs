//! Queries on `user`.

use std::collections::{HashMap, HashSet};

use entity::{
    UnixMillis, UserId, one_time_token, password,
    user::{Column, Entity, Model, Status},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QuerySelect, UpdateMany,
    sea_query::Expr,
};

use super::{new_user::NewUser, profile_change::ProfileChange};
use crate::{
    audit, authentication, db::Unavailable, email_address::EmailAddress, mail, one_time_tokens, sessions::store::change_user,
    state::Tx,
};

/// Stores a new user and the password; [`Unavailable::is_duplicate`] if the address is taken.
pub(crate) async fn insert(tx: &Tx, NewUser { user, password }: NewUser) -> Result<(), Unavailable> {
    let (id, now) = (user.id, user.created_at);
    insert_user(tx, user).await?;
    authentication::store::insert(tx, id, password, now).await
}

/// Stores a new user without a password; [`Unavailable::is_duplicate`] if the address is taken.
pub(crate) async fn insert_user(tx: &Tx, user: Model) -> Result<(), Unavailable> {
    Entity::insert(user.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Stores many.
pub(crate) async fn insert_many(tx: &Tx, users: &[NewUser]) -> Result<(), Unavailable> {
    if users.is_empty() {
        return Ok(());
    }
    let rows = users.iter().map(|new| new.user.clone().into_active_model());
    let passwords = users.iter().map(|NewUser { user, password }| {
        let row = password::Model { user_id: user.id, hash: password.clone(), changed_at: user.created_at };
        row.into_active_model()
    });
    Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
    password::Entity::insert_many(passwords).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Which of these canonical addresses are taken.
pub(crate) async fn taken(db: &impl ConnectionTrait, addresses: &HashSet<String>) -> Result<HashSet<String>, Unavailable> {
    let query = Entity::find().select_only().column(Column::EmailCanonical).filter(Column::EmailCanonical.is_in(addresses));
    Ok(query.into_tuple::<String>().all(db).await?.into_iter().collect())
}

/// The user with this address, however it was typed.
pub(crate) async fn find_by_email(db: &impl ConnectionTrait, address: &EmailAddress) -> Result<Option<Model>, Unavailable> {
    find_by_canonical(db, address.canonical()).await
}

/// The user with this address in its canonical form.
pub(crate) async fn find_by_canonical(db: &impl ConnectionTrait, canonical: &str) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find().filter(Column::EmailCanonical.eq(canonical)).one(db).await?)
}

/// The addresses of these users.
pub(crate) async fn addresses(db: &impl ConnectionTrait, ids: HashSet<UserId>) -> Result<HashMap<UserId, String>, Unavailable> {
    let query = Entity::find().select_only().columns([Column::Id, Column::Email]).filter(Column::Id.is_in(ids));
    Ok(query.into_tuple::<(UserId, String)>().all(db).await?.into_iter().collect())
}

/// A user, deleted or not.
pub(crate) async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Whether a user has a way to sign in: a password or a passkey. Without one, only an invitation or a reset opens the account.
pub(crate) async fn has_signed_up(tx: &Tx, id: UserId) -> Result<bool, Unavailable> {
    Ok(authentication::store::find(tx.connection(), id).await?.is_some()
        || authentication::passkey::store::count(tx.connection(), id).await? > 0)
}

/// Gives a user the address of a token, which its reader has confirmed; false if the user has another one than `before` by now.
/// [`Unavailable::is_duplicate`] if another user has it.
pub(crate) async fn confirm_email(tx: &Tx, before: &Model, confirmed: &one_time_token::Model) -> Result<bool, Unavailable> {
    let update = present(before.id)
        .filter(Column::EmailCanonical.eq(before.email_canonical.as_str()))
        .col_expr(Column::Email, Expr::value(confirmed.email.as_str()))
        .col_expr(Column::EmailCanonical, Expr::value(confirmed.email_canonical.as_str()))
        .col_expr(Column::EmailVerified, Expr::value(true));
    change_user(tx, before.id, update).await
}

/// Notes that a user reads mail at the address.
pub(crate) async fn verify_email(tx: &Tx, id: UserId) -> Result<(), Unavailable> {
    present(id).col_expr(Column::EmailVerified, Expr::value(true)).exec(tx.connection()).await?;
    Ok(())
}

/// Changes name and language, if they are given; false if the user was deleted.
pub(crate) async fn update_profile(tx: &Tx, id: UserId, change: &ProfileChange) -> Result<bool, Unavailable> {
    let mut update = present(id);
    for (column, field) in [(Column::Name, &change.name), (Column::Locale, &change.locale)] {
        if !field.is_kept() {
            update = update.col_expr(column, Expr::value(field.value().cloned()));
        }
    }
    change_user(tx, id, update).await
}

/// Replaces `user_metadata`, in a transaction that has changed the user.
pub(crate) async fn put_user_metadata(tx: &Tx, id: UserId, metadata: Option<&str>) -> Result<(), Unavailable> {
    present(id).col_expr(Column::UserMetadata, Expr::value(metadata.map(str::to_owned))).exec(tx.connection()).await?;
    Ok(())
}

/// Notes when a user is deleted, or that they are not; false if they were deleted.
pub(crate) async fn schedule_deletion(tx: &Tx, id: UserId, at: Option<UnixMillis>) -> Result<bool, Unavailable> {
    change_user(tx, id, next_epoch(present(id)).col_expr(Column::DeleteAt, Expr::value(at))).await
}

/// Users whose deletion is due.
pub(crate) async fn due_for_deletion(db: &impl ConnectionTrait, now: UnixMillis, limit: u64) -> Result<Vec<Model>, Unavailable> {
    let due = Entity::find().filter(Column::Status.ne(Status::Deleted)).filter(Column::DeleteAt.lte(now));
    Ok(due.limit(limit).all(db).await?)
}

/// Decides whether a user may sign in; false if the user was deleted. A proof from before opens no session afterwards.
pub(crate) async fn set_status(tx: &Tx, id: UserId, status: Status) -> Result<bool, Unavailable> {
    change_user(tx, id, next_epoch(present(id)).col_expr(Column::Status, Expr::value(status))).await
}

/// Notes that the credentials of a user changed: a proof from before opens no session any more.
pub(crate) async fn raise_epoch(tx: &Tx, id: UserId) -> Result<bool, Unavailable> {
    change_user(tx, id, next_epoch(present(id))).await
}

/// Notes whether a user has a second factor; false if the user was deleted.
pub(crate) async fn set_second_factor(tx: &Tx, id: UserId, has: bool) -> Result<bool, Unavailable> {
    change_user(tx, id, present(id).col_expr(Column::SecondFactor, Expr::value(has))).await
}

/// Removes the personal data of a user; false if another request did. The row stays until it is purged, so that every node learns of the
/// deletion.
pub(crate) async fn delete(tx: &Tx, id: UserId) -> Result<bool, Unavailable> {
    erase(tx, id, present(id)).await
}

/// The same if the deletion is due; false if it is not any more.
pub(crate) async fn delete_due(tx: &Tx, id: UserId, now: UnixMillis) -> Result<bool, Unavailable> {
    erase(tx, id, present(id).filter(Column::DeleteAt.lte(now))).await
}

async fn erase(tx: &Tx, id: UserId, user: UpdateMany<Entity>) -> Result<bool, Unavailable> {
    let Some(before) = find(tx.connection(), id).await? else { return Ok(false) };
    let erased = next_epoch(user)
        .col_expr(Column::Status, Expr::value(Status::Deleted))
        .col_expr(Column::Email, Expr::value(""))
        // No address, because it has no `@`; and unique.
        .col_expr(Column::EmailCanonical, Expr::value(id.0.to_string()))
        .col_expr(Column::EmailVerified, Expr::value(false))
        .col_expr(Column::SecondFactor, Expr::value(false))
        .col_expr(Column::Locale, Expr::value(None::<String>))
        .col_expr(Column::UserMetadata, Expr::value(None::<String>))
        .col_expr(Column::AppMetadata, Expr::value(None::<String>))
        .col_expr(Column::DeleteAt, Expr::value(None::<UnixMillis>))
        .col_expr(Column::Roles, Expr::value(""))
        .col_expr(Column::Name, Expr::value(None::<String>));
    if !change_user(tx, id, erased).await? {
        return Ok(false);
    }
    authentication::store::delete(tx, id).await?;
    authentication::second_factor::store::erase(tx, id).await?;
    one_time_tokens::store::void_all(tx, id).await?;
    one_time_tokens::store::void_registrations(tx, &before.email_canonical).await?;
    mail::store::remove_of(tx.connection(), id).await?;
    audit::store::forget_requester(tx.connection(), id).await?;
    Ok(true)
}

/// Removes the rows of users who were deleted before a moment of the database's clock.
pub(crate) async fn purge(tx: &Tx, before: UnixMillis) -> Result<u64, Unavailable> {
    let deleted = Condition::all().add(Column::Status.eq(Status::Deleted)).add(Column::ChangedAt.lt(before));
    let ids = Entity::find().select_only().column(Column::Id).filter(deleted.clone());
    // Refusals of before the deletion may have been added after it.
    for id in ids.into_tuple::<UserId>().all(tx.connection()).await? {
        audit::store::forget_requester(tx.connection(), id).await?;
    }
    Ok(Entity::delete_many().filter(deleted).exec(tx.connection()).await?.rows_affected)
}

pub(super) fn present(id: UserId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(id)).filter(Column::Status.ne(Status::Deleted))
}

pub(super) fn next_epoch(update: UpdateMany<Entity>) -> UpdateMany<Entity> {
    update.col_expr(Column::CredentialEpoch, Expr::col(Column::CredentialEpoch).add(1))
}
