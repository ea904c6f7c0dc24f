//! Queries on `webhook_delivery`.

use std::time::Duration;

use entity::{
    AuditEventId, UnixMillis, WebhookId, webhook,
    webhook_delivery::{Column, Entity, Model, Status},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Expr, Query},
};
use tokio::time::sleep;

use crate::{
    db::{Db, Held, Lease, Unavailable},
    state::Tx,
};

const LEASE: Lease<Column> = Lease {
    next_attempt_at: Column::NextAttemptAt,
    claimed_until: Column::ClaimedUntil,
    attempts: Column::Attempts,
    failure: Column::Failure,
};

/// The deliveries to a webhook that are due and that no node makes, the longest due first. Of each user it is the first that waits at most.
/// A time after `never` was written by a clock that was wrong.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    webhook: WebhookId,
    (now, never): (UnixMillis, UnixMillis),
    limit: usize,
) -> Result<Vec<Model>, Unavailable> {
    let earlier = |column: Column| Expr::col(("earlier", column));
    let before = Query::select()
        .expr(Expr::value(1))
        .from_as(Entity, "earlier")
        .and_where(earlier(Column::WebhookId).eq(webhook))
        .and_where(earlier(Column::UserId).equals((Entity, Column::UserId)))
        .and_where(earlier(Column::Status).eq(Status::Waiting))
        .and_where(earlier(Column::Position).lt(Expr::col((Entity, Column::Position))))
        .take();
    let due = Entity::find()
        .filter(Column::WebhookId.eq(webhook))
        .filter(Column::Status.eq(Status::Waiting))
        .filter(LEASE.is_due(now, never))
        .filter(Condition::any().add(Column::UserId.is_null()).add(Expr::not_exists(before)))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Position)
        .limit(limit as u64);
    Ok(due.all(db).await?)
}

/// Claims a delivery for a node; `None` if another node was faster.
pub(super) async fn claim(db: &impl ConnectionTrait, due: &Model, until: UnixMillis) -> Result<Option<Model>, Unavailable> {
    let held = Held { until: due.claimed_until, attempts: due.attempts };
    let update = LEASE.claim::<Entity>(held, until).filter(Column::Position.eq(due.position));
    let claimed = Model { claimed_until: until, attempts: due.attempts + 1, ..due.clone() };
    Ok((update.filter(Column::Status.eq(Status::Waiting)).exec(db).await?.rows_affected > 0).then_some(claimed))
}

/// Ends a claim: the delivery is due again at `next`.
pub(super) async fn release(
    db: &impl ConnectionTrait,
    claimed: &Model,
    next: UnixMillis,
    failure: &str,
) -> Result<(), Unavailable> {
    let claim = Held { until: claimed.claimed_until, attempts: claimed.attempts };
    LEASE.release::<Entity>(claim, next, failure).filter(Column::Position.eq(claimed.position)).exec(db).await?;
    Ok(())
}

/// Ends a delivery; false if it is to be given up and this node's claim has expired.
pub(super) async fn end(
    db: &impl ConnectionTrait,
    claimed: &Model,
    status: Status,
    failure: Option<&str>,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    let update = LEASE.end::<Entity>(failure).col_expr(Column::Status, Expr::value(status));
    let mut update = update.col_expr(Column::EndedAt, Expr::value(now)).filter(Column::Position.eq(claimed.position));
    if status == Status::Dead {
        // If the claim has expired, another node may be making the delivery, or have made it.
        update = update.filter(Column::ClaimedUntil.eq(claimed.claimed_until)).filter(Column::Status.eq(Status::Waiting));
    }
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Counts the time for which deliveries that wait are tried from now on.
pub(in crate::webhooks) async fn begin_again(tx: &Tx, webhook: WebhookId, now: UnixMillis) -> Result<(), Unavailable> {
    let update = Entity::update_many().col_expr(Column::QueuedAt, Expr::value(now)).filter(Column::WebhookId.eq(webhook));
    update.filter(Column::Status.eq(Status::Waiting)).exec(tx.connection()).await?;
    Ok(())
}

/// Makes the delivery of an event due again that has ended, or all that were given up, and returns how many.
pub(in crate::webhooks) async fn revive(
    tx: &Tx,
    webhook: WebhookId,
    event: Option<AuditEventId>,
    now: UnixMillis,
) -> Result<u64, Unavailable> {
    let update = LEASE
        .revive::<Entity>(now)
        .col_expr(Column::Status, Expr::value(Status::Waiting))
        .col_expr(Column::QueuedAt, Expr::value(now))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::EndedAt, Expr::value(None::<UnixMillis>))
        .filter(Column::WebhookId.eq(webhook));
    let update = match event {
        Some(event) => update.filter(Column::AuditEventId.eq(event)).filter(Column::Status.ne(Status::Waiting)),
        None => update.filter(Column::Status.eq(Status::Dead)),
    };
    Ok(update.exec(tx.connection()).await?.rows_affected)
}

/// The deliveries to a webhook, newest first: at most `limit` of those before the delivery of the event `before`.
pub(in crate::webhooks) async fn list(
    db: &impl ConnectionTrait,
    webhook: WebhookId,
    status: Option<Status>,
    before: Option<AuditEventId>,
    limit: u64,
) -> Result<Vec<Model>, Unavailable> {
    let mut query = Entity::find().filter(Column::WebhookId.eq(webhook));
    if let Some(status) = status {
        query = query.filter(Column::Status.eq(status));
    }
    if let Some(before) = before {
        let cursor = Entity::find().select_only().column(Column::Position).filter(Column::WebhookId.eq(webhook));
        let cursor = cursor.filter(Column::AuditEventId.eq(before)).into_tuple::<i64>().one(db).await?;
        query = query.filter(Column::Position.lt(cursor.unwrap_or(0)));
    }
    Ok(query.order_by_desc(Column::Position).limit(limit).all(db).await?)
}

/// Removes all deliveries to a webhook.
pub(in crate::webhooks) async fn remove_of(tx: &Tx, webhook: WebhookId) -> Result<(), Unavailable> {
    Entity::delete_many().filter(Column::WebhookId.eq(webhook)).exec(tx.connection()).await?;
    Ok(())
}

/// What is to be delivered to all enabled webhooks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contents {
    /// How many deliveries wait.
    pub(super) waiting: u64,
    /// Since when the oldest of them waits.
    pub(super) oldest: Option<UnixMillis>,
    /// How many were given up.
    pub(super) dead: u64,
}

pub(super) async fn contents(db: &impl ConnectionTrait) -> Result<Contents, Unavailable> {
    let of = |enabled: Option<bool>, status| {
        let webhooks = webhook::Entity::find().select_only().column(webhook::Column::Id);
        let webhooks = webhooks.filter(Condition::all().add_option(enabled.map(|enabled| webhook::Column::Enabled.eq(enabled))));
        Entity::find().filter(Column::WebhookId.in_subquery(webhooks.into_query())).filter(Column::Status.eq(status))
    };
    let waiting = of(Some(true), Status::Waiting);
    let oldest = waiting.clone().select_only().column(Column::QueuedAt).order_by_asc(Column::QueuedAt).limit(1);
    Ok(Contents {
        waiting: waiting.count(db).await?,
        oldest: oldest.into_tuple().one(db).await?,
        dead: of(None, Status::Dead).count(db).await?,
    })
}

/// How many rows one statement removes, and the pause after it: other writes go first.
const AT_ONCE: u64 = 1000;
const PAUSE: Duration = Duration::from_millis(20);

/// Removes deliveries that a receiver has, and all others, that were queued before these moments; returns how many.
pub(super) async fn purge(db: &Db, delivered: UnixMillis, all: UnixMillis) -> Result<u64, Unavailable> {
    let db = db.relaxed_connection();
    let of_delivered = Condition::all().add(Column::Status.eq(Status::Delivered)).add(Column::QueuedAt.lt(delivered));
    let old = Condition::any().add(of_delivered).add(Column::QueuedAt.lt(all));
    let mut removed = 0;
    loop {
        let found = Entity::find().select_only().column(Column::Position).filter(old.clone());
        let found: Vec<i64> = found.filter(Column::QueuedAt.lt(delivered)).limit(AT_ONCE).into_tuple().all(db).await?;
        if found.is_empty() {
            return Ok(removed);
        }
        removed += Entity::delete_many().filter(Column::Position.is_in(found)).exec(db).await?.rows_affected;
        sleep(PAUSE).await;
    }
}
