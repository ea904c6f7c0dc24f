//! MariaDB Galera. A lock of a row holds on one node of the database only. What transactions on two nodes wrote is compared when they
//! commit, and what they read is not: so a transaction that relies on a row writes it.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr,
    sea_query::{Expr, SimpleExpr},
};

use super::{clock::now_in_sql, variable::mysql_variable};

/// Whether the server is a node of a Galera cluster.
pub(super) async fn is_galera(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    if db.get_database_backend() != DbBackend::MySql {
        return Ok(false);
    }
    Ok(mysql_variable(db, "wsrep_on").await?.as_deref() == Some("ON"))
}

/// A later time for a column that holds one or none: always another value, so that the row is written.
pub(crate) fn later(db: &impl ConnectionTrait, column: &str) -> SimpleExpr {
    Expr::cust(format!("GREATEST(COALESCE({column}, 0) + 1, {})", now_in_sql(db.get_database_backend())))
}
