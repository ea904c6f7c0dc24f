//! Why the database cannot be opened, and why it did not execute a statement.

use std::{borrow::Cow, sync::Arc};

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx::error::DatabaseError};

use super::conflict;

/// The database did not execute a statement.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the database does not answer: {0}")]
pub struct Unavailable(Arc<DbErr>);

impl From<DbErr> for Unavailable {
    fn from(error: DbErr) -> Self {
        Self(Arc::new(error))
    }
}

impl Unavailable {
    /// The database returned a row older than a change that this node already knows: a backup was restored, or a lagging replica took over.
    pub(crate) fn outdated() -> Self {
        DbErr::Custom("it returned data older than a known change; if a backup was restored, restart all nodes".to_owned()).into()
    }

    /// The database has a row that this node cannot open.
    pub(crate) fn sealed() -> Self {
        DbErr::Custom("a row is sealed under a secret that tokens.secrets (or bifrons.key) lacks".to_owned()).into()
    }

    /// Whether the database rolled this transaction back because of another one.
    pub(super) fn is_conflict(&self) -> bool {
        conflict::is_conflict(&self.0)
    }

    /// Whether a unique constraint refused the row.
    pub fn is_duplicate(&self) -> bool {
        is_duplicate(&self.0)
    }
}

pub(super) fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// The SQLSTATE with which the server refused a statement.
pub(super) fn sql_state(error: &DbErr) -> Option<Cow<'_, str>> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else { return None };
    error.as_database_error().and_then(DatabaseError::code)
}

/// Without SeaORM's name for what we put into an error ourselves.
fn plain(error: &DbErr) -> String {
    if let DbErr::Custom(why) = error { why.clone() } else { error.to_string() }
}

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open the database {0}: {why}; check database.url and data_dir", why = plain(.1))]
    Open(String, DbErr),
    #[error("the database contains a table `{0}` that does not belong to Bifrons; give Bifrons a database of its own")]
    ForeignTable(&'static str),
    #[error("there is no database of Bifrons at {0}; check data_dir and database.url, or run `bifrons migrate` to create it")]
    Missing(String),
    #[error("the database schema is of an older version of Bifrons; run `bifrons migrate`")]
    Older,
    #[error("a newer version of Bifrons migrated this database (step {0}); start that version, or restore a backup")]
    Newer(String),
    #[error("this database cannot be used: {0}")]
    Unsuitable(&'static str),
    #[error("cannot migrate the database: {0}")]
    Migrate(DbErr),
}
