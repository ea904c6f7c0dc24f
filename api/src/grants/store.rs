//! Queries on `token_grant`.

use entity::{
    GrantId, Seed, UnixMillis, session,
    token_grant::{Column, Entity, Model},
    user,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, FromQueryResult, IdenStatic, IntoActiveModel, Iterable,
    JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationTrait, SelectA, SelectB,
    sea_query::{Expr, IntoTableRef, LockBehavior, LockType},
};

use crate::{
    db::{Unavailable, padded},
    refresh_verdict::Found,
    state::Tx,
};

/// What the names of the user's columns begin with in a query that joins three tables.
const USER: &str = "C_";

/// What to do about rows that another transaction holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockedRows {
    /// Leave them out.
    Skip,
    /// Wait until they are free.
    Wait,
}

/// Stores a new grant.
pub(crate) async fn insert(tx: &Tx, grant: Model) -> Result<(), Unavailable> {
    Entity::insert(grant.into_active_model()).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// The grants with these ids, their sessions and users, whether or not the session has ended, in one query.
pub(crate) async fn find_all(db: &impl ConnectionTrait, ids: impl IntoIterator<Item = GrantId>) -> Result<Vec<Found>, Unavailable> {
    let ids = padded(ids);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = Entity::find().filter(Column::Id.is_in(ids));
    let found = query.find_also_related(session::Entity).find_also(session::Entity, user::Entity).all(db).await?;
    Ok(found.into_iter().filter_map(|(grant, session, user)| Some((grant, session?, user?))).collect())
}

/// The same, and no other transaction changes a grant or its session until this one is over. On SQLite a transaction excludes all others.
pub(crate) async fn lock_all(
    tx: &Tx,
    ids: impl IntoIterator<Item = GrantId>,
    locked: LockedRows,
) -> Result<Vec<Found>, Unavailable> {
    // Rows of an outer join cannot be locked.
    let mut query = Entity::find()
        .inner_join(session::Entity)
        .join(JoinType::InnerJoin, session::Relation::User.def())
        .filter(Column::Id.is_in(padded(ids)))
        .order_by_asc(Column::Id)
        .select_also(session::Entity)
        .into_query();
    for column in user::Column::iter() {
        let alias = format!("{USER}{}", column.as_str());
        query.expr_as(column.select_as(Expr::col(column.as_column_ref())), alias);
    }
    // MariaDB locks all rows that it joins, and knows no `OF`.
    let tables = match tx.connection().get_database_backend() {
        DbBackend::Postgres => vec![Entity.into_table_ref(), session::Entity.into_table_ref()],
        _ => Vec::new(),
    };
    match locked {
        LockedRows::Skip => query.lock_with_tables_behavior(LockType::Update, tables, LockBehavior::SkipLocked),
        LockedRows::Wait => query.lock_with_tables(LockType::Update, tables),
    };
    let rows = tx.connection().query_all(&query).await?;
    let found = rows.iter().map(|row| {
        let session = session::Model::from_query_result(row, SelectB.as_str())?;
        Ok((Model::from_query_result(row, SelectA.as_str())?, session, user::Model::from_query_result(row, USER)?))
    });
    Ok(found.collect::<Result<_, DbErr>>()?)
}

/// Which of the grants exist. Locks of other transactions do not matter.
pub(crate) async fn existing(tx: &Tx, ids: impl IntoIterator<Item = GrantId>) -> Result<Vec<GrantId>, Unavailable> {
    let ids = padded(ids);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = Entity::find().select_only().column(Column::Id).filter(Column::Id.is_in(ids));
    Ok(query.into_tuple().all(tx.connection()).await?)
}

/// Moves grants to the next generation. To be called in the transaction that has locked them.
pub(crate) async fn rotate(tx: &Tx, ids: impl IntoIterator<Item = GrantId>, now: UnixMillis) -> Result<(), Unavailable> {
    let update = Entity::update_many()
        .filter(Column::Id.is_in(padded(ids)))
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .col_expr(Column::RotatedAt, Expr::value(now));
    update.exec(tx.connection()).await?;
    Ok(())
}

/// Starts the chain of a grant anew, with another seed. To be called in the transaction that has renewed the session.
pub(crate) async fn reseed(tx: &Tx, id: GrantId, seed: &Seed) -> Result<Option<Model>, Unavailable> {
    let update = Entity::update_many()
        .filter(Column::Id.eq(id))
        .col_expr(Column::Seed, Expr::value(seed.clone()))
        .col_expr(Column::Generation, Expr::value(0))
        .col_expr(Column::RotatedAt, Expr::value(None::<UnixMillis>));
    update.exec(tx.connection()).await?;
    Ok(Entity::find_by_id(id).one(tx.connection()).await?)
}
