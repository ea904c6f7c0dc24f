//! Queries on `session`. What changes a session notes the change on the [`Tx`] that it writes with.

use entity::{
    Methods, SecretHash, SessionId, UnixMillis, UserId,
    session::{Column, EndedBecause, Entity, Model},
    user::{self, Status},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, Iterable,
    QueryFilter, QueryOrder, QuerySelect, UpdateMany,
    sea_query::{Expr, LockType, Query},
};

use crate::{
    audit::Event,
    authentication::second_factor,
    db::{Unavailable, database_now, later, padded},
    principal::{Principal, SessionSnapshot},
    session_cache::Change,
    state::Tx,
};

/// Stores a new session, if its user is active, and has the `credential_epoch` and the second factor that they had when they were read;
/// false if not. A change of the user waits until the transaction is over, or one of the two is repeated.
pub(crate) async fn insert(tx: &Tx, session: Model, user: &user::Model) -> Result<bool, Unavailable> {
    let unchanged = Condition::all()
        .add(user::Column::Id.eq(user.id))
        .add(user::Column::CredentialEpoch.eq(user.credential_epoch))
        .add(user::Column::SecondFactor.eq(user.second_factor))
        .add(user::Column::Status.eq(Status::Active));
    if tx.row_locks_need_writes() {
        let update = user::Entity::update_many().filter(unchanged.clone());
        update.col_expr(user::Column::ChangedAt, later(tx.connection(), "changed_at")).exec(tx.connection()).await?;
    }
    let row = session.into_active_model();
    let values = Column::iter().filter_map(|column| row.get(column).into_value()).map(Expr::value);
    let values = Query::select().exprs(values).from(user::Entity).cond_where(unchanged).lock(LockType::Share).to_owned();
    let mut insert = Query::insert().into_table(Entity).columns(Column::iter()).to_owned();
    let insert = insert.select_from(values).map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(tx.connection().execute(insert).await?.rows_affected() > 0)
}

/// A session and its user, whether or not the session has ended.
pub(crate) async fn find(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<(Model, user::Model)>, Unavailable> {
    let found = Entity::find_by_id(id).find_also_related(user::Entity).one(db).await?;
    Ok(found.and_then(|(session, user)| Some((session, user?))))
}

/// The sessions with these ids and their users, ended or not, in one query.
pub(crate) async fn find_all(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = SessionId>,
) -> Result<Vec<(Model, user::Model)>, Unavailable> {
    let ids = padded(ids);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = Entity::find().filter(Column::Id.is_in(ids)).find_also_related(user::Entity).all(db).await?;
    Ok(found.into_iter().filter_map(|(session, user)| Some((session, user?))).collect())
}

/// The session and the user of a principal, as long as the session has not ended and has the secret that the principal proved.
pub(crate) async fn find_same(
    db: &impl ConnectionTrait,
    principal: &Principal,
) -> Result<Option<(Model, user::Model)>, Unavailable> {
    let found = find(db, principal.session.id).await?;
    Ok(found.filter(|(session, _)| session.version == principal.session.version && session.ended_at.is_none()))
}

/// Whether the session has not ended. A cached principal may be older than the end of its session, so every write in the name of a
/// principal asks this or [`is_unchanged`]. The answer holds until the transaction is over.
pub(crate) async fn is_live(tx: &Tx, session: &SessionSnapshot) -> Result<bool, Unavailable> {
    stays(tx, Condition::all().add(Column::Id.eq(session.id))).await
}

/// Whether the session has neither ended nor got a new secret since the principal proved the one it had. For writes that an attacker
/// with a copy of the old secret would make.
pub(crate) async fn is_unchanged(tx: &Tx, session: &SessionSnapshot) -> Result<bool, Unavailable> {
    stays(tx, Condition::all().add(Column::Id.eq(session.id)).add(Column::Version.eq(session.version))).await
}

/// The same, and the user has the factors that the principal was read with: a session that was fresh without a second factor is not once
/// there is one. For operations that demand a fresh session, in a transaction that has changed the user or needs no order with such changes.
pub(crate) async fn is_still_fresh(tx: &Tx, principal: &Principal) -> Result<bool, Unavailable> {
    let factors = user::Entity::find_by_id(principal.user.id).filter(user::Column::SecondFactor.eq(principal.user.second_factor));
    Ok(is_unchanged(tx, &principal.session).await? && factors.one(tx.connection()).await?.is_some())
}

/// Whether there is such a session that has not ended. No other transaction ends it until this one is over.
async fn stays(tx: &Tx, which: Condition) -> Result<bool, Unavailable> {
    let which = which.add(Column::EndedAt.is_null());
    if tx.row_locks_need_writes() {
        let update = Entity::update_many().filter(which).col_expr(Column::ChangedAt, later(tx.connection(), "changed_at"));
        return Ok(update.exec(tx.connection()).await?.rows_affected > 0);
    }
    Ok(Entity::find().filter(which).lock(LockType::Share).one(tx.connection()).await?.is_some())
}

/// Whether one of these sessions belongs to the user and has neither ended nor expired.
pub(crate) async fn is_any_live(
    db: &impl ConnectionTrait,
    user: UserId,
    sessions: Vec<SessionId>,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    let live = Entity::find().filter(Column::Id.is_in(sessions)).filter(Column::UserId.eq(user)).filter(Column::EndedAt.is_null());
    let live = live.filter(Column::ExpiresAt.gt(now)).filter(Column::IdleExpiresAt.gt(now));
    Ok(live.one(db).await?.is_some())
}

/// Notes that a session was used; false if it has ended, or has a note after `before`.
pub(crate) async fn touch(tx: &Tx, used: &SessionSnapshot, before: UnixMillis) -> Result<bool, Unavailable> {
    let update = update_live(used.id).filter(Column::LastSeenAt.lte(before));
    let update = update.col_expr(Column::LastSeenAt, Expr::value(used.last_seen_at));
    let update = update.col_expr(Column::IdleExpiresAt, Expr::value(used.idle_expires_at));
    Ok(update.exec(tx.connection()).await?.rows_affected > 0)
}

/// Ends a session; false if it had ended. The end is announced all the same: the node that ended it may have died before it did.
pub(crate) async fn end(tx: &Tx, id: SessionId, because: EndedBecause, now: UnixMillis) -> Result<bool, Unavailable> {
    let has_ended = ended(tx, update_live(id), because, now).exec(tx.connection()).await?.rows_affected > 0;
    tx.changed(Change::ended(id));
    if has_ended {
        let row = Entity::find_by_id(id).one(tx.connection()).await?;
        // One that had expired is recorded as expired.
        if let Some(row) = row.filter(|row| row.idle_expires_at > now) {
            tx.record(Event::SessionEnded.of(row.user_id).in_session(id).because(because.name()));
        }
    }
    Ok(has_ended)
}

/// Ends a session; false if it is not as it was read.
pub(crate) async fn end_unchanged(tx: &Tx, session: &Model, because: EndedBecause, now: UnixMillis) -> Result<bool, Unavailable> {
    let has_ended = ended(tx, unchanged(session), because, now).exec(tx.connection()).await?.rows_affected > 0;
    if has_ended {
        tx.changed(Change::ended(session.id));
    }
    Ok(has_ended)
}

/// Ends all sessions of a user but one, and the sign-ins that wait for a second factor. To be called in a transaction that has changed the
/// user first: a concurrent sign-in commits before, and its session ends too.
pub(crate) async fn end_others(
    tx: &Tx,
    user: UserId,
    kept: SessionId,
    because: EndedBecause,
    now: UnixMillis,
) -> Result<(), Unavailable> {
    second_factor::store::void_challenges(tx, user).await?;
    ended(tx, all_live(user).filter(Column::Id.ne(kept)), because, now).exec(tx.connection()).await?;
    Ok(())
}

/// Ends all sessions of a user, and returns how many. To be called in a transaction that has changed the user. Sign-ins that wait for a
/// second factor end too.
pub(crate) async fn end_all(tx: &Tx, user: UserId, because: EndedBecause, now: UnixMillis) -> Result<u64, Unavailable> {
    second_factor::store::void_challenges(tx, user).await?;
    Ok(ended(tx, all_live(user), because, now).exec(tx.connection()).await?.rows_affected)
}

/// Replaces the secret of a session; false if it is not as it was read: it ended, or was renewed.
pub(crate) async fn renew(
    tx: &Tx,
    session: &Model,
    secret_hash: Option<&SecretHash>,
    authenticated_at: UnixMillis,
    methods: Methods,
) -> Result<bool, Unavailable> {
    let update = changed(tx, unchanged(session))
        .col_expr(Column::Methods, Expr::value(methods))
        .col_expr(Column::SecretHash, Expr::value(secret_hash.cloned()))
        .col_expr(Column::AuthenticatedAt, Expr::value(authenticated_at));
    let is_renewed = update.exec(tx.connection()).await?.rows_affected > 0;
    if is_renewed {
        tx.changed(Change::session(session.id, session.version + 1));
    }
    Ok(is_renewed)
}

/// Notes that a user keeps the account: they signed in before its deletion.
pub(crate) async fn keep_user(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    let update = user::Entity::update_many().filter(user::Column::Id.eq(user)).filter(user::Column::DeleteAt.is_not_null());
    if change_user(tx, user, update.col_expr(user::Column::DeleteAt, Expr::value(None::<UnixMillis>))).await? {
        tx.record(Event::DeletionCancelled.of(user));
    }
    Ok(())
}

/// All sessions of a user, ended or not, oldest first: those after `after`.
pub(crate) async fn page_of(
    db: &impl ConnectionTrait,
    user: UserId,
    after: Option<SessionId>,
    limit: u64,
) -> Result<Vec<Model>, Unavailable> {
    let mut sessions = Entity::find().filter(Column::UserId.eq(user));
    if let Some(after) = after {
        sessions = sessions.filter(Column::Id.gt(after));
    }
    Ok(sessions.order_by_asc(Column::Id).limit(limit).all(db).await?)
}

/// Notes at a user that their sessions changed: all copies of their sessions become outdated. False if the user was deleted.
pub(crate) async fn note_user_change(tx: &Tx, user: UserId) -> Result<bool, Unavailable> {
    let update = user::Entity::update_many().filter(user::Column::Id.eq(user)).filter(user::Column::Status.ne(Status::Deleted));
    change_user(tx, user, update).await
}

/// Changes a user, and notes the change with the version that the row has then; false if there is no such row.
pub(crate) async fn change_user(tx: &Tx, id: UserId, update: UpdateMany<user::Entity>) -> Result<bool, Unavailable> {
    let update = update
        .col_expr(user::Column::Version, Expr::col(user::Column::Version).add(1))
        .col_expr(user::Column::ChangedAt, database_now(tx.connection()));
    let is_changed = update.exec(tx.connection()).await?.rows_affected > 0;
    let row = user::Entity::find_by_id(id).one(tx.connection()).await?;
    tx.changed(match row {
        Some(row) if row.status != Status::Deleted => Change::user(id, row.version),
        _ => Change::gone(id),
    });
    Ok(is_changed)
}

fn all_live(user: UserId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::UserId.eq(user)).filter(Column::EndedAt.is_null())
}

fn update_live(id: SessionId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(id)).filter(Column::EndedAt.is_null())
}

/// A live session that was neither ended nor renewed since it was read: `version` counts both.
fn unchanged(session: &Model) -> UpdateMany<Entity> {
    update_live(session.id).filter(Column::Version.eq(session.version))
}

fn ended(tx: &Tx, update: UpdateMany<Entity>, because: EndedBecause, now: UnixMillis) -> UpdateMany<Entity> {
    changed(tx, update).col_expr(Column::EndedAt, Expr::value(now)).col_expr(Column::EndedBecause, Expr::value(because))
}

fn changed(tx: &Tx, update: UpdateMany<Entity>) -> UpdateMany<Entity> {
    update.col_expr(Column::Version, Expr::col(Column::Version).add(1)).col_expr(Column::ChangedAt, database_now(tx.connection()))
}

/// Removes sessions that expired before a moment.
pub(crate) async fn purge(tx: &Tx, before: UnixMillis) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(tx.connection()).await?.rows_affected)
}

/// Removes all sessions of a user, and their grants with them.
pub(crate) async fn delete_all(tx: &Tx, user: UserId) -> Result<(), Unavailable> {
    let of_user = Entity::find().select_only().column(Column::Id).filter(Column::UserId.eq(user));
    let ids: Vec<SessionId> = of_user.into_tuple().all(tx.connection()).await?;
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx.connection()).await?;
    for id in ids {
        tx.changed(Change::ended(id));
    }
    Ok(())
}
