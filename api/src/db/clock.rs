//! The clock of the database.

use entity::UnixMillis;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr,
    sea_query::{Expr, Query, SimpleExpr},
};

use super::error::Unavailable;

/// The database's own time in milliseconds since 1970. Nodes' clocks differ; polling for changes needs one clock.
pub(crate) fn database_now(db: &impl ConnectionTrait) -> SimpleExpr {
    Expr::cust(now_in_sql(db.get_database_backend()))
}

pub(super) fn now_in_sql(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        DbBackend::MySql => "CAST(ROUND(UNIX_TIMESTAMP(SYSDATE(3)) * 1000) AS SIGNED)",
        _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    }
}

/// The time by the database's clock.
pub(crate) async fn database_time(db: &impl ConnectionTrait) -> Result<UnixMillis, Unavailable> {
    let now = Query::select().expr(database_now(db)).to_owned();
    let row = db.query_one(&now).await?.ok_or_else(|| DbErr::RecordNotFound("the time".to_owned()))?;
    Ok(UnixMillis(row.try_get_by_index(0)?))
}
