//! Queries on `outgoing_mail`.

use std::time::Duration;

use entity::{
    MailId, UnixMillis, UserId,
    outgoing_mail::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use crate::db::{Held, Lease, Unavailable};

const LEASE: Lease<Column> = Lease {
    next_attempt_at: Column::NextAttemptAt,
    claimed_until: Column::ClaimedUntil,
    attempts: Column::Attempts,
    failure: Column::Failure,
};

pub(crate) async fn insert(db: &impl ConnectionTrait, mail: Model) -> Result<(), Unavailable> {
    Entity::insert(mail.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The mails that are due and that no node delivers, the longest due first. A time after `never` was written by a clock that was wrong.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    now: UnixMillis,
    never: UnixMillis,
    limit: u64,
) -> Result<Vec<Model>, Unavailable> {
    let due = Entity::find()
        .filter(Column::DeadAt.is_null())
        .filter(LEASE.is_due(now, never))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .limit(limit);
    Ok(due.all(db).await?)
}

/// Claims a mail for a node; `None` if another node was faster.
pub(super) async fn claim(db: &impl ConnectionTrait, mail: &Model, until: UnixMillis) -> Result<Option<Model>, Unavailable> {
    let held = Held { until: mail.claimed_until, attempts: mail.attempts };
    let update = LEASE.claim::<Entity>(held, until).filter(Column::Id.eq(mail.id)).filter(Column::DeadAt.is_null());
    let claimed = Model { claimed_until: until, attempts: mail.attempts + 1, ..mail.clone() };
    Ok((update.exec(db).await?.rows_affected > 0).then_some(claimed))
}

/// Ends a claim: the mail is due again at `next`. An attempt that says nothing of this mail is not counted.
pub(super) async fn release(
    db: &impl ConnectionTrait,
    claimed: &Model,
    next: UnixMillis,
    failure: &str,
    counts: bool,
) -> Result<(), Unavailable> {
    let attempts = if counts { claimed.attempts } else { claimed.attempts - 1 };
    let update = LEASE.release::<Entity>(Held { until: claimed.claimed_until, attempts }, next, failure);
    update.filter(Column::Id.eq(claimed.id)).exec(db).await?;
    Ok(())
}

/// Gives a mail up.
pub(super) async fn bury(db: &impl ConnectionTrait, claimed: &Model, now: UnixMillis, failure: &str) -> Result<(), Unavailable> {
    let update = LEASE.end::<Entity>(Some(failure)).col_expr(Column::DeadAt, Expr::value(now));
    update.filter(Column::Id.eq(claimed.id)).exec(db).await?;
    Ok(())
}

/// Removes a mail; false if it is not there.
pub(crate) async fn remove(db: &impl ConnectionTrait, id: MailId) -> Result<bool, Unavailable> {
    Ok(Entity::delete_by_id(id).exec(db).await?.rows_affected > 0)
}

/// Removes all dead letters, and returns how many.
pub(crate) async fn remove_dead(db: &impl ConnectionTrait) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::DeadAt.is_not_null()).exec(db).await?.rows_affected)
}

/// Makes dead letters due again, one or all, and returns how many.
pub(crate) async fn revive(db: &impl ConnectionTrait, id: Option<MailId>, now: UnixMillis) -> Result<u64, Unavailable> {
    let mut update = LEASE
        .revive::<Entity>(now)
        .col_expr(Column::DeadAt, Expr::value(None::<UnixMillis>))
        .col_expr(Column::CreatedAt, Expr::value(now))
        .filter(Column::DeadAt.is_not_null());
    if let Some(id) = id {
        update = update.filter(Column::Id.eq(id));
    }
    Ok(update.exec(db).await?.rows_affected)
}

/// Which mails to list: those that match every part. The default matches all.
#[derive(Clone, Copy, Debug, Default)]
pub struct MailFilter {
    /// Whether they were given up.
    pub dead: Option<bool>,
    /// The user whom they are for.
    pub user: Option<UserId>,
}

/// A mail; `None` if it was delivered or removed.
pub(crate) async fn find(db: &impl ConnectionTrait, id: MailId) -> Result<Option<Model>, Unavailable> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The mails in the outbox after `after`, oldest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    MailFilter { dead, user }: MailFilter,
    after: Option<MailId>,
    limit: u64,
) -> Result<Vec<Model>, Unavailable> {
    let given = Condition::all()
        .add_option(dead.map(|dead| if dead { Column::DeadAt.is_not_null() } else { Column::DeadAt.is_null() }))
        .add_option(user.map(|user| Column::UserId.eq(user)))
        .add_option(after.map(|after| Column::Id.gt(after)));
    let query = Entity::find().filter(given);
    Ok(query.order_by_asc(Column::Id).limit(limit).all(db).await?)
}

/// Replaces the sealed content of a mail; false if it is no longer as it was read.
pub(super) async fn reseal(db: &impl ConnectionTrait, mail: &Model, content: Vec<u8>) -> Result<bool, Unavailable> {
    let update = Entity::update_many().col_expr(Column::Content, Expr::value(content));
    let update = update.filter(Column::Id.eq(mail.id)).filter(Column::Content.eq(mail.content.clone()));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// The mails to a user.
pub(crate) async fn of(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Model>, Unavailable> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).all(db).await?)
}

/// Removes the mails to a user, waiting or dead.
pub(crate) async fn remove_of(db: &impl ConnectionTrait, user: UserId) -> Result<(), Unavailable> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(db).await?;
    Ok(())
}

/// What is in the outbox of all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    /// How many mails wait.
    pub(crate) waiting: u64,
    /// Since when the oldest of them waits.
    pub(crate) oldest: Option<UnixMillis>,
    /// How many were given up.
    pub(crate) dead: u64,
}

pub(crate) async fn contents(db: &impl ConnectionTrait) -> Result<Contents, Unavailable> {
    let dead = Entity::find().filter(Column::DeadAt.is_not_null()).count(db).await?;
    let waiting = Entity::find().filter(Column::DeadAt.is_null());
    let oldest = waiting.clone().select_only().column(Column::CreatedAt).order_by_asc(Column::CreatedAt).limit(1);
    Ok(Contents { waiting: waiting.count(db).await?, oldest: oldest.into_tuple().one(db).await?, dead })
}

/// How long a dead letter is kept for the operator.
pub(crate) const DEAD_KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// Removes letters that died before a moment.
pub(crate) async fn purge(db: &impl ConnectionTrait, before: UnixMillis) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::DeadAt.lt(before)).exec(db).await?.rows_affected)
}
