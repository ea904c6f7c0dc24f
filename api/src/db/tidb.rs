//! `TiDB` has no shared lock of a row. One of its settings makes the lock exclusive, which is as good; another takes none, silently.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{error::OpenError, variable::mysql_variable};

/// Set for each connection. Other servers do not know it.
pub(super) const PROMOTE_SHARED_LOCKS: &str = "SET SESSION tidb_enable_shared_lock_promotion = ON";

/// Refuses a `TiDB` on which `FOR SHARE` locks nothing. `db` has the settings of our connections.
pub(super) async fn check(db: &impl ConnectionTrait) -> Result<(), OpenError> {
    if db.get_database_backend() != DbBackend::MySql {
        return Ok(());
    }
    let ask = Statement::from_string(DbBackend::MySql, "SELECT VERSION()");
    let version: Option<String> = match db.query_one_raw(ask).await.map_err(OpenError::Migrate)? {
        Some(row) => row.try_get_by_index(0).map_err(OpenError::Migrate)?,
        None => None,
    };
    if !version.is_some_and(|version| version.contains("TiDB")) {
        return Ok(());
    }
    let promotes = mysql_variable(db, "tidb_enable_shared_lock_promotion").await.map_err(OpenError::Migrate)?;
    let ignores = mysql_variable(db, "tidb_enable_noop_functions").await.map_err(OpenError::Migrate)?;
    unsuitable(promotes.as_deref(), ignores.as_deref()).map_or(Ok(()), |why| Err(OpenError::Unsuitable(why)))
}

fn unsuitable(promotes: Option<&str>, ignores: Option<&str>) -> Option<&'static str> {
    match (promotes, ignores) {
        (Some("ON"), None | Some("OFF")) => None,
        (Some("ON"), Some(_)) => Some("tidb_enable_noop_functions must be OFF, for with it FOR SHARE locks nothing"),
        _ => Some("tidb_enable_shared_lock_promotion must exist, so use TiDB 8.3 or newer"),
    }
}

#[cfg(test)]
mod tests {
    use super::unsuitable;

    #[test]
    fn a_tidb_on_which_for_share_locks_nothing_is_unsuitable() {
        assert_eq!(unsuitable(Some("ON"), Some("OFF")), None);
        for on in ["ON", "WARN"] {
            assert!(unsuitable(Some("ON"), Some(on)).unwrap().contains("tidb_enable_noop_functions"), "{on}");
        }
        for off in [None, Some("OFF")] {
            assert!(unsuitable(off, Some("OFF")).unwrap().contains("tidb_enable_shared_lock_promotion"), "{off:?}");
        }
    }
}
