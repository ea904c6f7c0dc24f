//! Queries on `passkey` and `used_challenge`.

use entity::{
    PasskeyId, UnixMillis, UserId,
    passkey::{Column, Entity, Model},
    used_challenge, user,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use crate::{db::Unavailable, state::Tx};

/// A passkey and its user, by the id that the authenticator gave it.
pub(super) async fn find(db: &impl ConnectionTrait, credential: &[u8]) -> Result<Option<(Model, user::Model)>, Unavailable> {
    let found = Entity::find().filter(Column::CredentialId.eq(credential)).find_also_related(user::Entity).one(db).await?;
    Ok(found.and_then(|(passkey, user)| Some((passkey, user?))))
}

/// The passkeys of a user, oldest first.
pub(crate) async fn of_user(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Model>, Unavailable> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::Id).all(db).await?)
}

/// How many passkeys a user has.
pub(crate) async fn count(db: &impl ConnectionTrait, user: UserId) -> Result<u64, Unavailable> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).count(db).await?)
}

/// How many users have a passkey. It reads a whole index.
pub(crate) async fn count_owners(db: &impl ConnectionTrait) -> Result<u64, Unavailable> {
    let owners = Entity::find().select_only().column_as(Expr::col(Column::UserId).count_distinct(), "owners");
    let count: Option<i64> = owners.into_tuple().one(db).await?;
    Ok(count.unwrap_or_default().unsigned_abs())
}

/// Stores a new passkey. [`Unavailable::is_duplicate`] if it is there already.
pub(crate) async fn insert(tx: &Tx, passkey: Model) -> Result<(), Unavailable> {
    Entity::insert(passkey.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What an authenticator said with a signature.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub(super) sign_count: u32,
    /// Whether the count must have grown since: an authenticator that counts, and whose key is never copied.
    pub(super) counts: bool,
    pub(super) backed_up: bool,
    pub(super) at: UnixMillis,
}

/// Notes a use; false if the passkey was removed, or if the count did not grow that must.
pub(super) async fn note_use(tx: &Tx, user: UserId, id: PasskeyId, noted: Use) -> Result<bool, Unavailable> {
    let count = i64::from(noted.sign_count);
    let mut update = Entity::update_many().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user));
    if noted.counts {
        update = update.filter(Column::SignCount.lt(count));
    }
    let update = update
        .col_expr(Column::SignCount, Expr::value(count))
        .col_expr(Column::BackedUp, Expr::value(noted.backed_up))
        .col_expr(Column::LastUsedAt, Expr::value(noted.at));
    Ok(update.exec(tx.connection()).await?.rows_affected > 0)
}

/// Uses up a challenge. [`Unavailable::is_duplicate`] if another request did: of several on any nodes, one commits.
pub(crate) async fn use_challenge(tx: &Tx, used: &used_challenge::Model) -> Result<(), Unavailable> {
    used_challenge::Entity::insert(used.clone().into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Renames a passkey of a user; false if there is none.
pub(crate) async fn rename(tx: &Tx, user: UserId, id: PasskeyId, name: &str) -> Result<bool, Unavailable> {
    let update = Entity::update_many().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user));
    Ok(update.col_expr(Column::Name, Expr::value(name)).exec(tx.connection()).await?.rows_affected > 0)
}

/// Removes a passkey of a user; false if there is none.
pub(crate) async fn remove(tx: &Tx, user: UserId, id: PasskeyId) -> Result<bool, Unavailable> {
    let passkey = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user));
    Ok(passkey.exec(tx.connection()).await?.rows_affected > 0)
}

/// Removes all passkeys of a user; false if there were none.
pub(crate) async fn remove_all(tx: &Tx, user: UserId) -> Result<bool, Unavailable> {
    remove_since(tx, user, UnixMillis(i64::MIN)).await
}

/// The same for those that were added at this time or later.
pub(crate) async fn remove_since(tx: &Tx, user: UserId, since: UnixMillis) -> Result<bool, Unavailable> {
    let passkeys = Entity::delete_many().filter(Column::UserId.eq(user)).filter(Column::CreatedAt.gte(since));
    Ok(passkeys.exec(tx.connection()).await?.rows_affected > 0)
}

/// Removes used challenges that expired before a moment.
pub(crate) async fn purge(db: &impl ConnectionTrait, before: UnixMillis) -> Result<u64, Unavailable> {
    Ok(used_challenge::Entity::delete_many().filter(used_challenge::Column::ExpiresAt.lt(before)).exec(db).await?.rows_affected)
}
