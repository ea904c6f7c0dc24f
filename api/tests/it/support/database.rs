//! The database of a test: SQLite in its folder, or a new one on the server that `.ci/with-databases` started for the run.

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use bifrons::config::Isolation;
use sea_orm::{ConnectionTrait, Database, DbBackend};

/// The URL of a test's database if `TEST_DATABASE_URL` names a server. Each folder gets its own database there. If it names several nodes
/// of one server, separated by spaces, the nodes of a test take them in turn.
pub async fn url(folder: &Path) -> Option<String> {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let servers = std::env::var("TEST_DATABASE_URL").ok()?;
    let servers: Vec<_> = servers.split(' ').collect();
    let server = servers[TURN.fetch_add(1, Ordering::Relaxed) % servers.len()];
    let name = folder.file_name().unwrap().to_str().unwrap().trim_start_matches('.').to_ascii_lowercase();
    let admin = Database::connect(server).await.unwrap();
    // Another node of the same test may have created the database.
    let _ = admin.execute_unprepared(&format!("CREATE DATABASE bifrons_{name}")).await;
    admin.close().await.unwrap();
    let (server, _) = server.rsplit_once('/').unwrap();
    Some(format!("{server}/bifrons_{name}"))
}

/// The isolation level of the nodes, if `ISOLATION` names one. `.ci/with-databases` sets it for the tests' own connections.
pub fn isolation() -> Isolation {
    std::env::var("ISOLATION").map_or(Isolation::default(), |level| Isolation::parse(&level).expect("a level"))
}

/// A statement for SQLite, in the dialect of `backend`.
pub fn dialect(backend: DbBackend, statement: &str) -> String {
    match backend {
        // `user` is a reserved word of PostgreSQL.
        DbBackend::Postgres => ["FROM ", "UPDATE "]
            .iter()
            .fold(statement.to_owned(), |text, verb| text.replace(&format!("{verb}user"), &format!("{verb}\"user\""))),
        _ => statement.to_owned(),
    }
}

/// Statements that make an engine refuse `UPDATE`, `UPDATE OF column`, or `INSERT` on a table: `UPDATE ON session`.
pub fn forbid(backend: DbBackend, what: &str) -> Vec<String> {
    let name = name(what);
    match backend {
        DbBackend::Postgres => vec![
            format!("CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$"),
            format!("CREATE TRIGGER {name} BEFORE {what} FOR EACH ROW EXECUTE FUNCTION {name}()"),
        ],
        DbBackend::MySql => {
            let (event, table) = what.split_once(" ON ").unwrap();
            let refuse = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'disk full'";
            let body = match event.strip_prefix("UPDATE OF ") {
                None => refuse.to_owned(),
                Some(column) => format!("IF NOT (NEW.{column} <=> OLD.{column}) THEN {refuse}; END IF"),
            };
            let event = event.split(' ').next().unwrap();
            vec![format!("CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW BEGIN {body}; END")]
        }
        _ => vec![format!("CREATE TRIGGER {name} BEFORE {what} BEGIN SELECT raise(ABORT, 'disk full'); END")],
    }
}

/// The statement that undoes `forbid`.
pub fn allow(backend: DbBackend, what: &str) -> String {
    let (name, (_, table)) = (name(what), what.split_once(" ON ").unwrap());
    match backend {
        DbBackend::Postgres => format!("DROP TRIGGER {name} ON {table}"),
        _ => format!("DROP TRIGGER {name}"),
    }
}

fn name(what: &str) -> String {
    format!("no_{}", what.to_ascii_lowercase().replace(' ', "_"))
}
