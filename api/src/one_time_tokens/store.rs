//! Queries on `one_time_token`.

use entity::{
    OneTimeTokenId, UnixMillis, UserId,
    one_time_token::{Column, Entity, Model, Purpose},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::{db::Unavailable, state::Tx};

/// Stores a token.
pub(crate) async fn insert(tx: &Tx, token: Model) -> Result<(), Unavailable> {
    Entity::insert(token.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// A token, expired or not.
pub(crate) async fn find(db: &impl ConnectionTrait, id: OneTimeTokenId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// All tokens of a user.
pub(crate) async fn of_user(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Model>, Unavailable> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).all(db).await?)
}

/// The newest token of a user.
pub(crate) async fn newest_of(tx: &Tx, user: UserId) -> Result<Option<OneTimeTokenId>, Unavailable> {
    let newest = Entity::find().filter(Column::UserId.eq(user)).order_by_desc(Column::Id).one(tx.connection()).await?;
    Ok(newest.map(|newest| newest.id))
}

/// Uses a token up; false if another request did.
pub(crate) async fn take(tx: &Tx, id: OneTimeTokenId) -> Result<bool, Unavailable> {
    Ok(Entity::delete_by_id(id).exec(tx.connection()).await?.rows_affected > 0)
}

/// Voids the tokens of a user for one purpose.
pub(crate) async fn void(tx: &Tx, user: UserId, purpose: Purpose) -> Result<(), Unavailable> {
    Entity::delete_many().filter(Column::UserId.eq(user)).filter(Column::Purpose.eq(purpose)).exec(tx.connection()).await?;
    Ok(())
}

/// Voids the tokens with which a user could choose a password.
pub(crate) async fn void_password(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    let tokens = Entity::delete_many().filter(Column::UserId.eq(user)).filter(Column::Purpose.is_in(Purpose::PASSWORD));
    tokens.exec(tx.connection()).await?;
    Ok(())
}

/// Voids all tokens of a user but a mailed invitation: the others may be known to who created the user, or to a former owner.
pub(crate) async fn void_but_invitation(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    let others = Entity::delete_many().filter(Column::UserId.eq(user)).filter(Column::Purpose.ne(Purpose::Invitation));
    others.exec(tx.connection()).await?;
    Ok(())
}

/// Voids all tokens of a user but those for undoing an earlier change of the address: of `kept`'s time or before.
pub(crate) async fn void_since(tx: &Tx, user: UserId, kept: OneTimeTokenId) -> Result<(), Unavailable> {
    let older = Condition::all().add(Column::Purpose.eq(Purpose::UndoEmail)).add(Column::Id.lt(kept));
    Entity::delete_many().filter(Column::UserId.eq(user)).filter(older.not()).exec(tx.connection()).await?;
    Ok(())
}

/// Voids the tokens of registrations with an address. Those of other users stay: who signs up with the former address of a user and
/// deletes the account again must not void what that user was sent.
pub(crate) async fn void_registrations(tx: &Tx, canonical: &str) -> Result<(), Unavailable> {
    let registrations = Entity::delete_many().filter(Column::EmailCanonical.eq(canonical)).filter(Column::UserId.is_null());
    registrations.exec(tx.connection()).await?;
    Ok(())
}

/// Voids all tokens of a user.
pub(crate) async fn void_all(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx.connection()).await?;
    Ok(())
}

/// Removes tokens that have expired.
pub(crate) async fn purge(db: &impl ConnectionTrait, now: UnixMillis) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(now)).exec(db).await?.rows_affected)
}
