//! Variables of MySQL, and of servers like it.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// A variable of a session on MySQL, if the server knows it.
pub(super) async fn mysql_variable(db: &impl ConnectionTrait, name: &str) -> Result<Option<String>, DbErr> {
    let ask = Statement::from_string(DbBackend::MySql, format!("SHOW SESSION VARIABLES LIKE '{name}'"));
    db.query_one_raw(ask).await?.map(|row| row.try_get_by_index(1)).transpose()
}
