//! Queries on `session`.

use entity::{
    SecretHash, Seed, SessionId, UnixMillis, UserId,
    session::{Column, EndedBecause, Entity, Model},
    user::{self, Status},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, Iterable, QueryFilter,
    QueryOrder, QuerySelect, UpdateMany,
    sea_query::{Expr, LockType, Order, Query, UnionType},
};
use uuid::Uuid;

use crate::{
    cache::{Change, SessionSnapshot, Snapshot},
    db::{Unavailable, database_now},
    users,
};

/// Stores a new session of a user who is still as they were read: with this password, and allowed to sign in. False, and nothing
/// stored, if not. Until the transaction is over, who wants to change that waits.
pub(crate) async fn insert(db: &impl ConnectionTrait, session: Model, of: &user::Model) -> Result<bool, Unavailable> {
    let row = session.into_active_model();
    let values = Column::iter().filter_map(|column| row.get(column).into_value()).map(Expr::value);
    let values = Query::select()
        .exprs(values)
        .from(user::Entity)
        .and_where(user::Column::Id.eq(of.id))
        .and_where(user::Column::PasswordHash.eq(of.password_hash.clone()))
        .and_where(user::Column::Status.eq(Status::Active))
        .lock(LockType::Share)
        .to_owned();
    let insert = Query::insert().into_table(Entity).columns(Column::iter()).select_from(values).map(|insert| insert.to_owned());
    let insert = insert.map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(db.execute(&insert).await?.rows_affected() > 0)
}

/// A session and whose it is, ended or not.
pub(crate) async fn find(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<(Model, user::Model)>, Unavailable> {
    let found = Entity::find_by_id(id).find_also_related(user::Entity).one(db).await?;
    Ok(found.and_then(|(session, user)| Some((session, user?))))
}

/// A session and whose it is, as long as it has not ended and has the secret that `who` proved.
pub(crate) async fn find_same(db: &impl ConnectionTrait, who: &Snapshot) -> Result<Option<(Model, user::Model)>, Unavailable> {
    let found = find(db, who.session.id).await?;
    Ok(found.filter(|(session, _)| session.version == who.session.version && session.ended_at.is_none()))
}

/// Notes that a session was used; false if it has ended, or somebody has noted a use after `before`.
pub(crate) async fn touch(db: &impl ConnectionTrait, used: &SessionSnapshot, before: UnixMillis) -> Result<bool, Unavailable> {
    let update = update_live(used.id)
        .filter(Column::LastSeenAt.lte(before))
        .col_expr(Column::LastSeenAt, Expr::value(used.last_seen_at))
        .col_expr(Column::IdleExpiresAt, Expr::value(used.idle_expires_at));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Ends a session; false if it had ended already.
pub(crate) async fn end(
    db: &impl ConnectionTrait,
    id: SessionId,
    because: EndedBecause,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    Ok(ended(db, update_live(id), because, now).exec(db).await?.rows_affected > 0)
}

/// Ends a session; `None` if it is not as it was read.
pub(crate) async fn end_unchanged(
    db: &impl ConnectionTrait,
    session: &Model,
    because: EndedBecause,
    now: UnixMillis,
) -> Result<Option<Change>, Unavailable> {
    let update = ended(db, unchanged(session), because, now);
    Ok((update.exec(db).await?.rows_affected > 0).then(|| Change::ended(session.id)))
}

/// Ends all sessions of a user but one. To be called in a transaction: that something happened to them is noted at the user.
pub(crate) async fn end_others(
    db: &impl ConnectionTrait,
    user: UserId,
    kept: SessionId,
    because: EndedBecause,
    now: UnixMillis,
) -> Result<Change, Unavailable> {
    // First the user, as wherever both change: a sign-in that holds them is waited for, and its session ends too.
    let change = users::store::note_change(db, user).await?;
    ended(db, all_live(user).filter(Column::Id.ne(kept)), because, now).exec(db).await?;
    Ok(change)
}

/// Ends all sessions of a user; how many there were. To be called in a transaction that has changed the user.
pub(crate) async fn end_all(
    db: &impl ConnectionTrait,
    user: UserId,
    because: EndedBecause,
    now: UnixMillis,
) -> Result<u64, Unavailable> {
    Ok(ended(db, all_live(user), because, now).exec(db).await?.rows_affected)
}

/// Moves a session to the next generation; false if it is not as it was read. The one statement that decides which of many racers
/// rotates.
pub(crate) async fn rotate(
    db: &impl ConnectionTrait,
    session: &Model,
    now: UnixMillis,
    idle_expires_at: UnixMillis,
) -> Result<bool, Unavailable> {
    let update = unchanged(session)
        .filter(Column::Generation.eq(session.generation))
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .col_expr(Column::RotatedAt, Expr::value(now))
        .col_expr(Column::LastSeenAt, Expr::value(now))
        .col_expr(Column::IdleExpiresAt, Expr::value(idle_expires_at));
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// What a session's credential is proved with.
pub(crate) struct NewProof {
    /// Cookie face.
    pub(crate) secret_hash: Option<SecretHash>,
    /// Bearer face.
    pub(crate) seed: Option<Seed>,
    /// When the credential was proved.
    pub(crate) authenticated_at: UnixMillis,
}

/// Replaces the secret of a session; `None` if it is not as it was read: it ended, or has another secret by now.
pub(crate) async fn reissue(db: &impl ConnectionTrait, session: &Model, proof: &NewProof) -> Result<Option<Change>, Unavailable> {
    let update = changed(db, unchanged(session))
        .col_expr(Column::SecretHash, Expr::value(proof.secret_hash.clone()))
        .col_expr(Column::Seed, Expr::value(proof.seed.clone()))
        .col_expr(Column::Generation, Expr::value(0))
        .col_expr(Column::RotatedAt, Expr::value(None::<UnixMillis>))
        .col_expr(Column::AuthenticatedAt, Expr::value(proof.authenticated_at));
    let renewed = update.exec(db).await?.rows_affected > 0;
    Ok(renewed.then(|| Change::session(session.id, session.version + 1)))
}

/// The live sessions of a user, newest first, older than `before`.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    user: UserId,
    before: Option<SessionId>,
    limit: u64,
    now: UnixMillis,
) -> Result<Vec<Model>, Unavailable> {
    let mut live = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::IdleExpiresAt.gt(now));
    if let Some(before) = before {
        live = live.filter(Column::Id.lt(before));
    }
    Ok(live.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

fn all_live(user: UserId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::UserId.eq(user)).filter(Column::EndedAt.is_null())
}

fn update_live(id: SessionId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(id)).filter(Column::EndedAt.is_null())
}

/// A session that nothing has happened to since it was read: `version` counts ends and new secrets.
fn unchanged(session: &Model) -> UpdateMany<Entity> {
    update_live(session.id).filter(Column::Version.eq(session.version))
}

fn ended(db: &impl ConnectionTrait, update: UpdateMany<Entity>, because: EndedBecause, now: UnixMillis) -> UpdateMany<Entity> {
    changed(db, update).col_expr(Column::EndedAt, Expr::value(now)).col_expr(Column::EndedBecause, Expr::value(because))
}

fn changed(db: &impl ConnectionTrait, update: UpdateMany<Entity>) -> UpdateMany<Entity> {
    update.col_expr(Column::Version, Expr::col(Column::Version).add(1)).col_expr(Column::ChangedAt, database_now(db))
}

/// The time by the database's clock.
pub(crate) async fn database_time(db: &impl ConnectionTrait) -> Result<UnixMillis, Unavailable> {
    let now = Query::select().expr(database_now(db)).to_owned();
    let row = db.query_one(&now).await?.ok_or_else(|| DbErr::RecordNotFound("the time".to_owned()))?;
    Ok(UnixMillis(row.try_get_by_index(0)?))
}

/// Where somebody who reads changes has come to: later ones, and those of the same moment with a greater id, are yet to be seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    sessions: (UnixMillis, SessionId),
    users: (UnixMillis, UserId),
}

impl Seen {
    /// Nothing since this moment of the database's clock.
    pub(crate) fn before(moment: UnixMillis) -> Self {
        Self { sessions: (moment, SessionId(Uuid::nil())), users: (moment, UserId(Uuid::nil())) }
    }
}

/// Some of what happened to sessions and users.
pub(crate) struct Page {
    /// The time by the database's clock. In the same statement, so that no change falls between the two.
    pub(crate) now: UnixMillis,
    /// What happened.
    pub(crate) changes: Vec<Change>,
    /// Where to go on, if there is more.
    pub(crate) rest: Option<Seen>,
}

/// What happened to at most so many sessions, and as many users. That something happened is written out, or no plan could rely on the
/// indexes that hold nothing else.
pub(crate) async fn changes(db: &impl ConnectionTrait, seen: Seen, most: u64) -> Result<Page, Unavailable> {
    let ((sessions_at, session), (users_at, user)) = (seen.sessions, seen.users);
    let sessions = Query::select()
        .expr_as(Expr::cust("'session'"), "kind")
        .columns([Column::Id, Column::Version, Column::ChangedAt])
        .from(Entity)
        .and_where(Column::ChangedAt.gte(sessions_at))
        .and_where(Column::ChangedAt.gt(sessions_at).or(Column::Id.gt(session)))
        .and_where(Expr::col(Column::Version).gt(Expr::cust("1")))
        .order_by(Column::ChangedAt, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .limit(most)
        .to_owned();
    let users = Query::select()
        .expr_as(Expr::cust("'user'"), "kind")
        .columns([user::Column::Id, user::Column::Version, user::Column::ChangedAt])
        .from(user::Entity)
        .and_where(user::Column::ChangedAt.gte(users_at))
        .and_where(user::Column::ChangedAt.gt(users_at).or(user::Column::Id.gt(user)))
        .and_where(Expr::col(user::Column::Version).gt(Expr::cust("1")))
        .order_by(user::Column::ChangedAt, Order::Asc)
        .order_by(user::Column::Id, Order::Asc)
        .limit(most)
        .to_owned();
    let now =
        Query::select().expr(Expr::cust("'now'")).expr(Expr::cust("NULL")).expr(database_now(db)).expr(Expr::cust("0")).to_owned();
    let all = |page, name| Query::select().expr(Expr::cust("*")).from_subquery(page, name).to_owned();
    let mut query = all(sessions, "some_sessions");
    query.union(UnionType::All, all(users, "some_users")).union(UnionType::All, now);
    let mut page = Page { now: sessions_at, changes: Vec::new(), rest: None };
    let (mut reached, mut counts) = (seen, [0, 0]);
    for row in db.query_all(&query).await? {
        let (kind, version) = (row.try_get_by_index::<String>(0)?, row.try_get_by_index(2)?);
        let changed_at = UnixMillis(row.try_get_by_index(3)?);
        match kind.as_str() {
            "session" => {
                let id = SessionId(row.try_get_by_index(1)?);
                page.changes.push(Change::session(id, version));
                reached.sessions = reached.sessions.max((changed_at, id));
                counts[0] += 1;
            }
            "user" => {
                let id = UserId(row.try_get_by_index(1)?);
                page.changes.push(Change::user(id, version));
                reached.users = reached.users.max((changed_at, id));
                counts[1] += 1;
            }
            _ => page.now = UnixMillis(version),
        }
    }
    page.rest = counts.contains(&most).then_some(reached);
    Ok(page)
}

/// Removes sessions that have been over for a while.
pub(crate) async fn purge(db: &impl ConnectionTrait, before: UnixMillis) -> Result<u64, Unavailable> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(db).await?.rows_affected)
}

/// Removes all sessions of a user. What is known of them elsewhere, their owner's address too, goes with them.
pub(crate) async fn delete_all(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Change>, Unavailable> {
    let of_user = Entity::find().select_only().column(Column::Id).filter(Column::UserId.eq(user));
    let ids: Vec<SessionId> = of_user.into_tuple().all(db).await?;
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(db).await?;
    Ok(ids.into_iter().map(Change::ended).collect())
}
