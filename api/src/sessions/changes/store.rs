//! Queries on what changed.

use entity::{
    SessionId, UnixMillis, UserId,
    session::{Column, Entity},
    user,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, ExprTrait,
    sea_query::{Expr, Order, Query, UnionType},
};
use uuid::Uuid;

use crate::{
    db::{Unavailable, database_now},
    session_cache::Change,
};

/// The position of a reader of changes: still to be read are later changes, and those of the same moment with a greater id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    sessions: (UnixMillis, SessionId),
    users: (UnixMillis, UserId),
}

impl Position {
    /// Before all changes since this moment of the database's clock.
    pub(super) fn before(moment: UnixMillis) -> Self {
        Self { sessions: (moment, SessionId(Uuid::nil())), users: (moment, UserId(Uuid::nil())) }
    }
}

/// A page of changes.
pub(super) struct Page {
    /// The time by the database's clock, from the same statement, so that no change falls between the two.
    pub(super) now: UnixMillis,
    /// The changes.
    pub(super) changes: Vec<Change>,
    /// Where the next page begins, if there is one.
    pub(super) rest: Option<Position>,
}

/// The changes of at most so many sessions, and as many users. `version > 1` is written as a literal: the partial indexes have that
/// condition, and no plan can use them for a bound value.
pub(super) async fn changes(db: &impl ConnectionTrait, from: Position, limit: u64) -> Result<Page, Unavailable> {
    let ((sessions_at, session), (users_at, user)) = (from.sessions, from.users);
    let sessions = Query::select()
        .expr_as(Expr::cust("'session'"), "kind")
        .columns([Column::Id, Column::Version, Column::ChangedAt])
        .from(Entity)
        .and_where(Column::ChangedAt.gte(sessions_at))
        .and_where(Column::ChangedAt.gt(sessions_at).or(Column::Id.gt(session)))
        .and_where(Expr::col(Column::Version).gt(Expr::cust("1")))
        .order_by(Column::ChangedAt, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .limit(limit)
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
        .limit(limit)
        .to_owned();
    let now =
        Query::select().expr(Expr::cust("'now'")).expr(Expr::cust("NULL")).expr(database_now(db)).expr(Expr::cust("0")).to_owned();
    let all = |page, name| Query::select().expr(Expr::cust("*")).from_subquery(page, name).to_owned();
    let mut query = all(sessions, "some_sessions");
    query.union(UnionType::All, all(users, "some_users")).union(UnionType::All, now);
    let mut page = Page { now: sessions_at, changes: Vec::new(), rest: None };
    let (mut reached, mut counts) = (from, [0, 0]);
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
    page.rest = counts.contains(&limit).then_some(reached);
    Ok(page)
}
