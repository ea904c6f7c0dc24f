//! Concurrent requests that authenticate in one session. A lock in the database makes the race certain: when it is released, all
//! requests have read the session and none has written.

use std::time::Duration;

use sea_orm::{ConnectionTrait, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{Actor, Answer, App, EMAIL, PASSWORD, database};

const NEW: &str = "another horse entirely";

/// Starts `requests` while the database is locked for writing, gives them time to read and to hash, and releases the lock.
async fn at_once<const N: usize>(app: &App, requests: [Box<dyn FnOnce() -> JoinHandle<Answer>>; N]) -> [Answer; N] {
    let db = sea_orm::Database::connect(&app.state.config.database.url).await.unwrap();
    let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    let held = db.begin_with_options(options).await.unwrap();
    // SQLite is locked already. The other engines lock the rows that the requests write.
    for table in ["session", "user"] {
        let statement = database::dialect(held.get_database_backend(), &format!("UPDATE {table} SET version = version"));
        held.execute_unprepared(&statement).await.unwrap();
    }
    let running = requests.map(|request| request());
    tokio::time::sleep(Duration::from_millis(500)).await;
    held.rollback().await.unwrap();
    let mut answers = Vec::new();
    for one in running {
        answers.push(one.await.unwrap());
    }
    answers.try_into().unwrap_or_else(|_| unreachable!("as many answers as requests"))
}

fn spawn<F: Future<Output = Answer> + Send + 'static>(
    request: impl FnOnce(Actor) -> F + 'static,
    who: &Actor,
) -> Box<dyn FnOnce() -> JoinHandle<Answer>> {
    let who = who.snapshot();
    Box::new(move || tokio::spawn(request(who)))
}

/// The number of session cookies in the answers that are still valid.
async fn count_valid(app: &App, answers: &[Answer]) -> usize {
    let mut valid = 0;
    for cookie in answers.iter().flat_map(Answer::cookies) {
        let client = app.client();
        client.put_cookie("bifrons_session", cookie.value);
        valid += usize::from(client.get_session().await.status == 200);
    }
    valid
}

#[tokio::test(flavor = "multi_thread")]
async fn re_authentication_with_the_old_password_does_not_survive_its_change() {
    for _ in 0..4 {
        let app = App::start().await;
        let ada = app.ada().await;
        let [changed, renewed] = at_once(
            &app,
            [
                spawn(|ada| async move { ada.change_password(PASSWORD, NEW).await }, &ada),
                spawn(|ada| async move { ada.reauthenticate(PASSWORD).await }, &ada),
            ],
        )
        .await;
        let answers = [changed, renewed];
        let good: Vec<_> = answers.iter().filter(|answer| answer.status == 200).cloned().collect();
        assert_eq!(good.len(), 1, "one renews the session, the other is refused: {answers:#?}");
        assert_eq!(count_valid(&app, &good).await, 1, "the client with the 200 is signed in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_re_authentications_one_succeeds_and_the_others_are_refused() {
    let app = App::start().await;
    let ada = app.ada().await;
    let one = || spawn(|ada: Actor| async move { ada.reauthenticate(PASSWORD).await }, &ada);
    let answers = at_once(&app, [one(), one(), one(), one()]).await;
    let good: Vec<_> = answers.iter().filter(|answer| answer.status == 200).cloned().collect();
    assert_eq!(good.len(), 1, "{answers:#?}");
    assert_eq!(count_valid(&app, &good).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_beside_a_re_authentication_is_not_reuse() {
    for _ in 0..4 {
        let app = App::start().await;
        let ada = app.client();
        ada.sign_up(EMAIL, PASSWORD).await.expect(201);
        let tokens = ada.tokens(EMAIL, PASSWORD).await.expect(200);
        let refresh = tokens.string("/tokens/refresh_token");
        let bearer = ada.with_token(&tokens.string("/tokens/access_token"));
        let [renewed, refreshed] = at_once(
            &app,
            [
                spawn(|ada| async move { ada.reauthenticate(PASSWORD).await }, &bearer),
                spawn(|ada| async move { ada.post("/v1/tokens/refresh", json!({"refresh_token": refresh})).await }, &ada),
            ],
        )
        .await;
        // In either order, the client that re-authenticated can refresh, now and later.
        let last = renewed.expect(200).string("/tokens/refresh_token");
        assert!(refreshed.status == 200 || refreshed.code() == "invalid_refresh_token", "{}", refreshed.text);
        app.advance(Duration::from_secs(60)).await;
        let next = ada.refresh(&last).await.expect(200);
        app.advance(Duration::from_secs(60)).await;
        ada.refresh(&next.string("/tokens/refresh_token")).await.expect(200);
        assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NOT NULL").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_rename_does_not_refuse_a_password_change() {
    for _ in 0..20 {
        rename_while_the_password_changes().await;
    }
}

async fn rename_while_the_password_changes() {
    let app = App::start().await;
    let ada = app.ada().await;
    let rename = |name: &'static str| {
        spawn(move |ada: Actor| async move { ada.send(reqwest::Method::PATCH, "/v1/me", Some(json!({"name": name}))).await }, &ada)
    };
    let change = spawn(|ada| async move { ada.change_password(PASSWORD, NEW).await }, &ada);
    let [one, changed, two] = at_once(&app, [rename("Ada"), change, rename("Ada King")]).await;
    for answer in [one, changed, two] {
        answer.expect(200);
    }
}
