//! Queries on live sessions.

use entity::{
    SessionId, UnixMillis, UserId,
    session::{Column, Entity, Mode, Model},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::{config::SessionsConfig, db::Unavailable, statistics::SessionCounts};

/// Which sessions are live. All that `lifetime::expiry` says is in the query: a filter after `LIMIT` would make a page short that is not
/// the last one.
fn live(now: UnixMillis, config: &SessionsConfig) -> Condition {
    let within = |remember: bool| {
        let lifetime = config.lifetime(remember);
        Condition::all()
            .add(Column::Remember.eq(remember))
            .add(Column::LastSeenAt.gt(now.minus(lifetime.idle)))
            .add(Column::CreatedAt.gt(now.minus(lifetime.absolute)))
    };
    Condition::all()
        .add(Column::EndedAt.is_null())
        .add(Column::ExpiresAt.gt(now))
        .add(Column::IdleExpiresAt.gt(now))
        .add(Condition::any().add(within(true)).add(within(false)))
}

/// The sessions that a list shows.
#[derive(Clone, Copy)]
pub(super) struct Live<'a> {
    pub(super) user: UserId,
    pub(super) now: UnixMillis,
    pub(super) config: &'a SessionsConfig,
}

/// The live sessions of a user, newest first, older than `before`.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    Live { user, now, config }: Live<'_>,
    before: Option<SessionId>,
    limit: u64,
) -> Result<Vec<Model>, Unavailable> {
    let mut sessions = Entity::find().filter(Column::UserId.eq(user)).filter(live(now, config));
    if let Some(before) = before {
        sessions = sessions.filter(Column::Id.lt(before));
    }
    Ok(sessions.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// How many live sessions there are in each mode. It reads the whole table.
pub(super) async fn count(
    db: &impl ConnectionTrait,
    now: UnixMillis,
    config: &SessionsConfig,
) -> Result<SessionCounts, Unavailable> {
    let mut counted = Entity::find().select_only();
    for mode in [Mode::Cookie, Mode::Token] {
        // Grouping would sort all sessions.
        counted = counted.column_as(Expr::expr(Expr::case(Column::Mode.eq(mode), 1)).count(), mode.name());
    }
    let counts: Option<(i64, i64)> = counted.filter(live(now, config)).into_tuple().one(db).await?;
    let (cookie, token) = counts.unwrap_or_default();
    Ok(SessionCounts { cookie: cookie.unsigned_abs(), token: token.unsigned_abs() })
}
