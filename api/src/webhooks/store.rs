//! Queries on `webhook`.

use entity::{
    UnixMillis, WebhookId,
    webhook::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockType},
};

use crate::{db::Unavailable, state::Tx};

/// How many webhooks there may be: each has its own deliveries on their way, and their sum is bounded.
pub const MAX_WEBHOOKS: usize = 16;

/// Stores a webhook.
pub(super) async fn insert(tx: &Tx, webhook: Model) -> Result<(), Unavailable> {
    Entity::insert(webhook.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// How many there are.
pub(super) async fn count(tx: &Tx) -> Result<u64, Unavailable> {
    Ok(Entity::find().count(tx.connection()).await?)
}

/// All of them, oldest first.
pub(super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, Unavailable> {
    Ok(Entity::find().order_by_asc(Column::Id).all(db).await?)
}

/// Those to which events are delivered.
pub(super) async fn enabled(db: &impl ConnectionTrait) -> Result<Vec<Model>, Unavailable> {
    Ok(Entity::find().filter(Column::Enabled.eq(true)).order_by_asc(Column::Id).all(db).await?)
}

/// One of them.
pub(super) async fn find(db: &impl ConnectionTrait, id: WebhookId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Locks the row of one until the transaction ends.
pub(super) async fn lock(tx: &Tx, id: WebhookId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).lock(LockType::Update).one(tx.connection()).await?)
}

/// Replaces what an operator may change, and counts the version.
pub(super) async fn update(tx: &Tx, webhook: &Model) -> Result<(), Unavailable> {
    let update = Entity::update_many()
        .col_expr(Column::Url, Expr::value(webhook.url.clone()))
        .col_expr(Column::Description, Expr::value(webhook.description.clone()))
        .col_expr(Column::Events, Expr::value(webhook.events.clone()))
        .col_expr(Column::Enabled, Expr::value(webhook.enabled))
        .col_expr(Column::Version, Expr::value(webhook.version));
    update.filter(Column::Id.eq(webhook.id)).exec(tx.connection()).await?;
    Ok(())
}

/// Replaces the secret. The former one signs too until a moment.
pub(super) async fn rotate(tx: &Tx, webhook: &Model, secret: Vec<u8>, former_until: Option<UnixMillis>) -> Result<(), Unavailable> {
    let former = former_until.map(|_| webhook.secret.clone());
    let update = Entity::update_many()
        .col_expr(Column::Secret, Expr::value(secret))
        .col_expr(Column::FormerSecret, Expr::value(former))
        .col_expr(Column::FormerUntil, Expr::value(former_until))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1));
    update.filter(Column::Id.eq(webhook.id)).exec(tx.connection()).await?;
    Ok(())
}

/// Replaces sealed secrets; false if they are no longer as they were read.
pub(super) async fn reseal(
    db: &impl ConnectionTrait,
    webhook: &Model,
    secret: Vec<u8>,
    former: Option<Vec<u8>>,
) -> Result<bool, Unavailable> {
    let update =
        Entity::update_many().col_expr(Column::Secret, Expr::value(secret)).col_expr(Column::FormerSecret, Expr::value(former));
    let update = update.filter(Column::Id.eq(webhook.id)).filter(Column::Secret.eq(webhook.secret.clone()));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Removes a webhook.
pub(super) async fn delete(tx: &Tx, id: WebhookId) -> Result<(), Unavailable> {
    Entity::delete_by_id(id).exec(tx.connection()).await?;
    Ok(())
}
