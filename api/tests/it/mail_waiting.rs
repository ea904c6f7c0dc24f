//! Mail that waits: for how long, who can read it, and what it waits for.

use std::time::Duration;

use entity::outgoing_mail::{Column, Entity};
use futures_util::future::join_all;
use sea_orm::{EntityTrait, sea_query::Expr};

use crate::{
    mail::{app, forgot, only, sign_up, until_attempted},
    support::{App, EMAIL, redis::until, smtp::SmtpServer},
};

#[tokio::test]
async fn a_mail_that_is_deferred_is_tried_later_and_dead_after_a_day() {
    let server = SmtpServer::start("greylist");
    let app = app(server.mail()).await;
    sign_up(&app, EMAIL).await;
    forgot(&app.client(), EMAIL).await;
    until_attempted(&app).await;
    for attempts in 1..=2 {
        let ended = format!("SELECT count(*) FROM outgoing_mail WHERE attempts = {attempts} AND claimed_until = 0");
        until(async || app.count(&ended).await == 1).await;
        app.advance(Duration::from_secs(200)).await;
    }
    server.until_received(1).await;

    let mut server = server;
    server.become_mode("busy");
    until(async || app.count("SELECT count(*) FROM outgoing_mail").await == 0).await;
    forgot(&app.client(), EMAIL).await;
    until_attempted(&app).await;
    app.advance(Duration::from_secs(24 * 3600)).await;
    until(async || only(&app).await.dead_at.is_some()).await;
    server.become_mode("ok");
    app.advance(Duration::from_secs(3600)).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    assert!(only(&app).await.dead_at.is_some(), "a dead letter is kept for the operator");
    app.advance(Duration::from_secs(31 * 24 * 3600)).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM outgoing_mail").await, 0);
}

/// A mail server that is down, and a mail that waits for it.
async fn waiting() -> (SmtpServer, App) {
    let mut server = SmtpServer::start("ok");
    let mail = server.mail();
    server.stop();
    let app = app(mail).await;
    sign_up(&app, EMAIL).await;
    forgot(&app.client(), EMAIL).await;
    until_attempted(&app).await;
    (server, app)
}

#[tokio::test]
async fn a_waiting_mail_is_sealed() {
    let (mut server, app) = waiting().await;
    let content = only(&app).await.content;
    assert!(!content.windows(4).any(|window| window == b"bfo_" || window == b"http"));
    let (one, two) = (content[0], content.len());
    assert!(one == 1 && two > 40, "version 1 of the sealed form");
    server.become_mode("ok");
    server.until_received(1).await;
}

#[tokio::test]
async fn a_mail_that_this_node_cannot_write_waits_for_another_node() {
    let cases = [
        ("kind = 'of_a_newer_version'", "kind = 'reset_password'", "of_a_newer_version"),
        ("kind = 'password_changed'", "kind = 'reset_password'", "undefined"),
        ("locale = 'sealed'", "locale = 'en'", "a secret that this node does not have"),
    ];
    join_all(cases.map(async |(unreadable, readable, says)| {
        let (mut server, app) = waiting().await;
        app.execute(&format!("UPDATE outgoing_mail SET {unreadable}")).await;
        let is_sealed = unreadable.contains("sealed");
        if is_sealed {
            turn_a_bit(&app).await;
        }
        server.become_mode("ok");
        until(async || only(&app).await.failure.is_some_and(|failure| failure.contains(says))).await;
        let (attempts, _, is_dead) = until_attempted(&app).await;
        assert!(attempts == 1 && !is_dead && server.mails().is_empty(), "{unreadable}");
        app.execute(&format!("UPDATE outgoing_mail SET {readable}")).await;
        if is_sealed {
            turn_a_bit(&app).await;
        }
        app.advance(Duration::from_secs(90)).await;
        server.until_received(1).await;
    }))
    .await;
}

async fn turn_a_bit(app: &App) {
    let mut content = only(app).await.content;
    *content.last_mut().unwrap() ^= 1;
    Entity::update_many().col_expr(Column::Content, Expr::value(content)).exec(app.state.db.connection()).await.unwrap();
}
