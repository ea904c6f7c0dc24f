//! Behind `PgBouncer`, in session mode and in transaction mode, with nothing configured there.

use std::process::Command;

use bifrons::config::Config;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::support::{App, EMAIL, PASSWORD, pgbouncer::PgBouncer, postgres::Postgres};

async fn behind(pooler: &PgBouncer, mode: &str) -> App {
    App::configured(|config: &mut Config| {
        config.database.url = pooler.url();
        config.database.transaction_pooling = mode == "transaction";
        config.sessions.cache_bytes = 0; // every request reads the database
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_behind_pgbouncer() {
    for mode in ["session", "transaction"] {
        let server = Postgres::start().await;
        // In transaction mode, fewer server connections than the two nodes have connections to the pooler.
        let pooler = PgBouncer::start(server.port(), mode, if mode == "transaction" { 3 } else { 40 }).await;
        let one = behind(&pooler, mode).await;
        let two = one.reconfigured(|config| config.database = one.state.config.database.clone()).await;
        one.client().sign_up(EMAIL, PASSWORD).await.expect(201);
        let sessions = (0..30).map(async |n| {
            let node = if n % 2 == 0 { &one } else { &two };
            let ada = node.client();
            ada.sign_in(EMAIL, PASSWORD).await.expect(200);
            ada.get_session().await.expect(200);
            // A unique violation aborts its transaction, with its prepared statements.
            node.client().sign_up(EMAIL, PASSWORD).await.expect(409);
            let ended = ada.snapshot();
            ada.sign_out().await.expect(204);
            ended.get_session().await.expect(401);
        });
        futures_util::future::join_all(sessions).await;
        assert_eq!(one.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 0, "{mode}");
    }
}

/// PostgreSQL itself ends statements that take too long, so that they do not occupy the pooler's connections.
#[tokio::test]
async fn timeouts_reach_the_server_through_pgbouncer() {
    for mode in ["session", "transaction"] {
        let server = Postgres::start().await;
        let pooler = PgBouncer::start(server.port(), mode, 20).await;
        let app = behind(&pooler, mode).await;
        let db = app.state.db.connection();
        for (parameter, expected) in
            [("statement_timeout", "5s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "10s")]
        {
            let show = Statement::from_string(DbBackend::Postgres, format!("SHOW {parameter}"));
            let shown = db.query_one_raw(show).await.unwrap().unwrap().try_get_by_index::<String>(0).unwrap();
            assert_eq!(shown, expected, "{mode} {parameter}");
        }
        if mode == "transaction" {
            // The server connection that was used keeps no setting.
            let output = Command::new("psql").args([&pooler.url(), "-Atc", "SHOW statement_timeout"]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n");
        }
    }
}
