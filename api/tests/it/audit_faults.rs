//! The audit trail while the database misbehaves.

use std::time::Duration;

use bifrons::{
    audit::store::{Filter, read},
    maintenance,
};
use entity::audit_event::Model;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;

use crate::support::{App, EMAIL, PASSWORD, events::WRONG};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn rows(app: &App, event: &str) -> Vec<Model> {
    let all = read(app.state.db.connection(), &Filter::default(), None, 100_000).await.unwrap();
    all.into_iter().filter(|row| row.event == event).collect()
}

/// A row is there, and its answer was an error: it is gathered again, and stored once.
#[tokio::test]
async fn a_row_whose_answer_was_lost_is_stored_once_and_holds_up_no_other() {
    let app = App::start().await;
    if app.state.db.connection().get_database_backend() != DbBackend::Sqlite {
        return;
    }
    let ada = app.ada().await;
    // `FAIL` keeps what the statement has done.
    app.execute("CREATE TRIGGER lost AFTER INSERT ON audit_event BEGIN SELECT raise(FAIL, 'lost'); END").await;
    app.client().sign_in(EMAIL, WRONG).await.expect(401);
    let _ = app.state.audit.flush(&app.state.db).await;
    assert_eq!(rows(&app, "sign_in_refused").await.len(), 1, "it was stored");
    ada.change_password(WRONG, "another horse entirely").await.expect(403);
    app.execute("DROP TRIGGER lost").await;
    app.state.audit.flush(&app.state.db).await.unwrap();
    for event in ["sign_in_refused", "password_change_refused"] {
        assert_eq!(rows(&app, event).await.len(), 1, "{event}");
    }
}

/// The rows of a deleted user cannot be changed: what else is old is removed all the same.
#[tokio::test]
async fn what_one_user_left_behind_holds_up_no_other_purge() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.client().sign_up("grace@example.com", PASSWORD).await.expect(201);
    app.client().post("/v1/password/forgot", json!({ "email": "grace@example.com" })).await.expect(202);
    app.letters().await;
    app.client().sign_in(EMAIL, WRONG).await.expect(401);
    ada.delete("/v1/me").await.expect(204);
    // Gathered before the deletion, and stored after it: the row still has the address.
    app.state.audit.flush(&app.state.db).await.unwrap();
    let tokens = "SELECT count(*) FROM one_time_token WHERE purpose = 'reset_password'";
    assert_eq!(app.count(tokens).await, 1);
    // From here on the background may purge too.
    app.forbid("UPDATE ON audit_event").await;
    app.execute("UPDATE user SET changed_at = 0").await;
    app.advance(DAY).await;
    maintenance::purge(&app.state).await.unwrap_err();
    assert_eq!(app.count(tokens).await, 0);
    app.allow("UPDATE ON audit_event").await;
    maintenance::purge(&app.state).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM user WHERE status = 'deleted'").await, 0);
}
