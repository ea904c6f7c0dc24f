//! Queries on `audit_event`, and what queues the deliveries of its rows.

use std::time::Duration;

use entity::{
    AuditEventId, SessionId, UnixMillis, UserId, WebhookId,
    audit_event::{ActorKind, Column, Entity, Model},
    webhook, webhook_delivery,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use tokio::time::sleep;
use uuid::Uuid;

use super::catalogue::Event;
use crate::{
    db::{Db, Unavailable},
    request_context::Actor,
};

/// How many rows one statement removes.
const AT_ONCE: u64 = 5000;

/// The requester of so many rows is removed in one statement.
const FORGOTTEN_AT_ONCE: u64 = 500;

/// How many statements one purge runs. The next purge removes the rest.
const MAX_STATEMENTS: u32 = 200;

/// The pause between two statements that remove rows: other writes go first.
const PAUSE: Duration = Duration::from_millis(20);

/// Which rows to read: those that match every part. The default matches all rows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The user whom the event is about.
    pub user: Option<UserId>,
    /// The actor; without an id, all actors of the kind.
    pub actor: Option<Actor>,
    /// One of these events; empty: any.
    pub events: Vec<Event>,
    /// The session that the event is about.
    pub session: Option<SessionId>,
    /// At this time or later.
    pub since: Option<UnixMillis>,
    /// Before this time.
    pub until: Option<UnixMillis>,
}

/// The rows that match a filter, newest first, older than the cursor `before`: the id of the last row of the former page. A query reads an
/// index in order, so the cost of a page does not grow with the table. A page that is not full is the last one.
pub async fn read(
    db: &impl ConnectionTrait,
    filter: &Filter,
    before: Option<AuditEventId>,
    limit: u64,
) -> Result<Vec<Model>, Unavailable> {
    let mut all = Condition::all();
    let Filter { user, actor, events, session, since, until } = filter;
    if let Some(user) = user {
        all = all.add(Column::UserId.eq(*user));
    }
    if let Some(Actor { kind, id }) = actor {
        all = all.add(Column::ActorKind.eq(*kind));
        if let Some(id) = id {
            all = all.add(Column::ActorId.eq(id.as_str()));
        }
    }
    if !events.is_empty() {
        all = all.add(Column::Event.is_in(events.iter().map(|event| event.name())));
    }
    if let Some(session) = session {
        all = all.add(Column::SessionId.eq(*session));
    }
    // The id has the time, and every index ends with the id.
    if let Some(since) = since {
        all = all.add(Column::Id.gte(first_at(*since)));
    }
    if let Some(until) = until {
        all = all.add(Column::Id.lt(first_at(*until)));
    }
    if let Some(before) = before {
        all = all.add(Column::Id.lt(before));
    }
    Ok(Entity::find().filter(all).order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// How often an event happened from a moment on and before another one. Each of its rows is one of them: the index alone answers.
pub(crate) async fn count(
    db: &impl ConnectionTrait,
    event: Event,
    (from, to): (UnixMillis, UnixMillis),
) -> Result<u64, Unavailable> {
    let rows = Entity::find().select_only().column_as(Column::Id.count(), "rows").filter(Column::Event.eq(event.name()));
    let count: Option<i64> = rows.filter(between(from, to)).into_tuple().one(db).await?;
    Ok(count.unwrap_or_default().unsigned_abs())
}

/// The same for refusals, of which those that are alike share a row. The databases differ in the type of a sum, so it is made here.
pub(crate) async fn count_refusals(
    db: &impl ConnectionTrait,
    events: &[Event],
    (from, to): (UnixMillis, UnixMillis),
) -> Result<u64, Unavailable> {
    let rows = Entity::find().select_only().column(Column::Times).column_as(Column::Id.count(), "rows");
    let rows = rows.filter(Column::Event.is_in(events.iter().map(|event| event.name()))).filter(between(from, to));
    let counted: Vec<(i64, i64)> = rows.group_by(Column::Times).into_tuple().all(db).await?;
    Ok(counted.into_iter().map(|(times, rows)| times.saturating_mul(rows).unsigned_abs()).sum())
}

fn between(from: UnixMillis, to: UnixMillis) -> Condition {
    Condition::all().add(Column::Id.gte(first_at(from))).add(Column::Id.lt(first_at(to)))
}

/// How many rows one statement stores. SQLite takes 32,766 values in one, the others 65,535.
const STORED_AT_ONCE: usize = 1000;

/// Stores rows.
pub(crate) async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), Unavailable> {
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        Entity::insert_many(rows.by_ref().take(STORED_AT_ONCE)).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Queues the deliveries of new rows to the enabled webhooks that take their events, or that an operator tests. In the transaction of the
/// rows: what is delivered happened, and what happened is delivered. Returns how many there are.
pub(super) async fn queue_deliveries(
    db: &impl ConnectionTrait,
    rows: impl Iterator<Item = (&Model, Option<WebhookId>)>,
    now: UnixMillis,
) -> Result<usize, Unavailable> {
    let enabled = webhook::Entity::find().filter(webhook::Column::Enabled.eq(true)).all(db).await?;
    if enabled.is_empty() {
        return Ok(0);
    }
    let of_row = |(row, tested): (&Model, Option<WebhookId>)| {
        let takers = enabled.iter().filter(|webhook| webhook.takes(&row.event) || Some(webhook.id) == tested);
        takers.map(|webhook| delivery(webhook.id, row, now)).collect::<Vec<_>>()
    };
    let deliveries: Vec<_> = rows.flat_map(of_row).collect();
    for some in deliveries.chunks(STORED_AT_ONCE) {
        webhook_delivery::Entity::insert_many(some.to_vec()).exec_without_returning(db).await?;
    }
    Ok(deliveries.len())
}

fn delivery(webhook: WebhookId, row: &Model, now: UnixMillis) -> webhook_delivery::ActiveModel {
    webhook_delivery::ActiveModel {
        position: NotSet,
        webhook_id: Set(webhook),
        audit_event_id: Set(row.id),
        event: Set(row.event.clone()),
        user_id: Set(row.user_id),
        status: Set(webhook_delivery::Status::Waiting),
        queued_at: Set(now),
        attempts: Set(0),
        next_attempt_at: Set(now),
        claimed_until: Set(UnixMillis(0)),
        failure: Set(None),
        ended_at: Set(None),
    }
}

/// The row with this id.
pub(crate) async fn find(db: &impl ConnectionTrait, id: AuditEventId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The same for rows of which some may be there: the database stored them, and its answer was lost.
pub(super) async fn insert_again(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), Unavailable> {
    match insert(db, rows.clone()).await {
        Err(error) if error.is_duplicate() => {}
        stored => return stored,
    }
    for row in rows {
        match insert(db, vec![row]).await {
            Err(error) if error.is_duplicate() => {}
            stored => stored?,
        }
    }
    Ok(())
}

/// Removes the address and the `User-Agent` from what a user did or tried about their own account, and from refusals about it. What
/// operators, keys and other users did keeps them: they are the proof of it.
pub(crate) async fn forget_requester(db: &impl ConnectionTrait, user: UserId) -> Result<(), Unavailable> {
    let actor = user.0.to_string();
    let about = Condition::all()
        .add(Column::UserId.eq(user))
        .add(Condition::any().add(Column::ActorId.eq(actor.as_str())).add(Column::ActorId.is_null()));
    let of_none = Condition::all().add(Column::ActorId.eq(actor.as_str())).add(Column::UserId.is_null());
    for rows in [about, of_none] {
        let mut after = AuditEventId(Uuid::nil());
        for _ in 0..MAX_STATEMENTS {
            let named = Condition::any().add(Column::Ip.is_not_null()).add(Column::UserAgent.is_not_null());
            let found = Entity::find().select_only().column(Column::Id).filter(Column::ActorKind.eq(ActorKind::User));
            let found = found.filter(rows.clone()).filter(named).filter(Column::Id.gt(after));
            let ids: Vec<AuditEventId> = found.order_by_asc(Column::Id).limit(FORGOTTEN_AT_ONCE).into_tuple().all(db).await?;
            let Some(last) = ids.last() else { break };
            after = *last;
            let update = Entity::update_many()
                .col_expr(Column::Ip, Expr::value(None::<String>))
                .col_expr(Column::UserAgent, Expr::value(None::<String>));
            update.filter(Column::Id.is_in(ids)).exec(db).await?;
        }
    }
    Ok(())
}

/// Removes the rows from before a moment, oldest first, and returns how many: a million at most. It removes a few at a time, so that other
/// writes do not wait.
pub(crate) async fn purge(db: &Db, before: UnixMillis) -> Result<u64, Unavailable> {
    let (db, end) = (db.relaxed_connection(), first_at(before));
    let mut removed = 0;
    for _ in 0..MAX_STATEMENTS {
        let old = Entity::find().select_only().column(Column::Id).filter(Column::Id.lt(end)).order_by_asc(Column::Id);
        let next: Option<AuditEventId> = old.offset(AT_ONCE).limit(1).into_tuple().one(db).await?;
        removed += Entity::delete_many().filter(Column::Id.lt(next.unwrap_or(end))).exec(db).await?.rows_affected;
        if next.is_none() {
            break;
        }
        sleep(PAUSE).await;
    }
    Ok(removed)
}

/// The lowest id that a row of this moment can have.
fn first_at(moment: UnixMillis) -> AuditEventId {
    let millis = u64::try_from(moment.0).unwrap_or(0).min((1 << 48) - 1);
    AuditEventId(Uuid::from_u128(u128::from(millis) << 80))
}
