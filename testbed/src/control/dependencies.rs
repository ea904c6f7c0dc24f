//! What the service depends on.

use std::time::Duration;

use bifrons::db::Condition;
use poem_openapi::{Enum, Object, OpenApi, payload::Json, types::Example};

use super::{Control, State, Tag, body::Body, problem::Refused};
use crate::testbed::Testbed;

/// How long each statement takes if nothing else is said.
const DELAY_MS: u32 = 1000;

/// How the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum Database {
    /// As it should be.
    Up,
    /// It does not answer: connections are lost, with the transactions on them, and no new one opens.
    Away,
    /// It answers, and refuses every write, as with a full disk.
    ReadOnly,
    /// Each statement takes `delay_ms` longer. The service waits for a statement as long as for any other database.
    Slow,
}

/// How the dependencies are.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct Dependencies {
    database: Database,
    /// How much longer each statement takes, with `slow`; 1000 if it is left out.
    #[oai(validator(minimum(value = "1"), maximum(value = "60000")))]
    pub(super) delay_ms: Option<u32>,
}

impl Example for Dependencies {
    fn example() -> Self {
        Self { database: Database::Slow, delay_ms: Some(500) }
    }
}

pub(super) struct DependenciesApi;

#[OpenApi(prefix_path = "/dependencies", tag = "Tag::Testbed")]
impl DependenciesApi {
    /// Change the state of the database
    ///
    /// It stays so until the next call or reset. Every statement meets it, of requests and of the service's own work.
    #[oai(path = "/", method = "put", operation_id = "setDependencies")]
    async fn set(&self, testbed: State<'_>, _control: Control, body: Body<Dependencies>) -> Result<Json<Dependencies>, Refused> {
        let Dependencies { database, delay_ms } = body.0;
        if database != Database::Slow && delay_ms.is_some() {
            return Err(Refused::invalid("delay_ms belongs to the database slow"));
        }
        let delay_ms = (database == Database::Slow).then(|| delay_ms.unwrap_or(DELAY_MS));
        set_database(&testbed, database, delay_ms).await;
        Ok(Json(Dependencies { database, delay_ms }))
    }
}

/// Changes how the database is.
pub(super) async fn set_database(testbed: &Testbed, database: Database, delay_ms: Option<u32>) {
    testbed
        .set_database(match database {
            Database::Up => Condition::Up,
            Database::Away => Condition::Away,
            Database::ReadOnly => Condition::ReadOnly,
            Database::Slow => Condition::Slow(Duration::from_millis(delay_ms.unwrap_or(DELAY_MS).into())),
        })
        .await;
}
