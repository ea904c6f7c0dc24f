//! What the service depends on.

use bifrons::db::Unavailable;
use migration::TABLES;
use poem_openapi::{Enum, Object, OpenApi, payload::Json, types::Example};
use sea_orm::ConnectionTrait;

use super::{Control, State, Tag, problem::Refused};
use crate::testbed::Testbed;

/// How the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum Database {
    /// As it should be.
    Up,
    /// It answers, and refuses every write, as with a full disk.
    ReadOnly,
}

/// How the dependencies are.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct Dependencies {
    database: Database,
}

impl Example for Dependencies {
    fn example() -> Self {
        Self { database: Database::ReadOnly }
    }
}

pub(super) struct DependenciesApi;

#[OpenApi(prefix_path = "/dependencies", tag = "Tag::Testbed")]
impl DependenciesApi {
    /// Change the state of the database
    ///
    /// It stays so until the next call or reset.
    #[oai(path = "/", method = "put", operation_id = "setDependencies")]
    async fn set(&self, testbed: State<'_>, _control: Control, body: Json<Dependencies>) -> Result<Json<Dependencies>, Refused> {
        set_database(&testbed, body.0.database).await?;
        Ok(body)
    }
}

/// Makes the database refuse writes, or accept them.
pub(super) async fn set_database(testbed: &Testbed, database: Database) -> Result<(), Refused> {
    let statements: String = match database {
        Database::Up => allow_writes(),
        Database::ReadOnly => allow_writes() + &forbid_writes(),
    };
    let db = testbed.state.db.connection();
    db.execute_unprepared(&statements).await.map_err(|error| Refused::failed(Unavailable::from(error)))?;
    Ok(())
}

const EVENTS: [&str; 3] = ["INSERT", "UPDATE", "DELETE"];

fn each(statement: impl Fn(&str, &str) -> String) -> String {
    TABLES.iter().flat_map(|table| EVENTS.iter().map(|event| statement(table, event))).collect()
}

fn forbid_writes() -> String {
    each(|table, event| {
        format!("CREATE TRIGGER testbed_{table}_{event} BEFORE {event} ON \"{table}\" BEGIN SELECT raise(ABORT, 'read-only'); END;")
    })
}

/// Undoes [`forbid_writes`].
pub(crate) fn allow_writes() -> String {
    each(|table, event| format!("DROP TRIGGER IF EXISTS testbed_{table}_{event};"))
}
