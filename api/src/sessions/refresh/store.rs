//! Queries on the sessions that refresh.

use entity::{
    SessionId, UnixMillis,
    session::{Column, Entity},
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, Func},
};

use crate::{
    config::SessionsConfig,
    db::{Unavailable, padded},
    state::Tx,
};

/// Notes the use of sessions that refresh. To be called in the transaction that has locked them.
pub(super) async fn note_refreshes(
    tx: &Tx,
    ids: impl IntoIterator<Item = SessionId>,
    now: UnixMillis,
    config: &SessionsConfig,
) -> Result<(), Unavailable> {
    let [remembered, short] = [true, false].map(|remember| now.plus(config.lifetime(remember).idle));
    let idle = Expr::case(Column::Remember.eq(true), remembered).finally(short);
    let update = Entity::update_many()
        .filter(Column::Id.is_in(padded(ids)))
        .col_expr(Column::LastSeenAt, Expr::value(now))
        .col_expr(Column::IdleExpiresAt, Func::least([Expr::col(Column::ExpiresAt), idle.into()]).into());
    update.exec(tx.connection()).await?;
    Ok(())
}
