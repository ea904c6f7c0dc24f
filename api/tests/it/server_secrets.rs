//! Replacing the server secret: in steps, while the nodes serve.

use std::time::Duration;

use bifrons::{
    clock::Clock,
    config::{Config, MailConfig},
    secret::ServerSecret,
    state::{AppState, StartError},
};
use entity::totp;
use sea_orm::{EntityTrait, sea_query::Expr};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    mail::{forgot, until_attempted},
    second_factor::with_app,
    support::{
        Actor, App, EMAIL, PASSWORD,
        authenticator::STEP,
        binary::{refuses, run},
        smtp::SmtpServer,
    },
};

fn secret(letter: char) -> String {
    letter.to_string().repeat(42) + "A"
}

fn set(config: &mut Config, letters: &str, mail: &MailConfig) {
    config.tokens.secrets = letters.chars().map(|letter| ServerSecret::parse(&secret(letter)).unwrap()).collect();
    config.mail = mail.clone();
}

/// Another node takes the place of this one.
async fn restart(node: &mut App, letters: &str, mail: &MailConfig) {
    node.state.outbox.drain().await;
    *node = node.reconfigured(|config| set(config, letters, mail)).await;
}

/// `bifrons secrets reseal` with these secrets.
pub fn reseal(app: &App, letters: &str) -> std::process::Output {
    let secrets: Vec<_> = letters.chars().map(secret).collect();
    let environment =
        [("BIFRONS_DATABASE__URL", app.state.config.database.url.as_str()), ("BIFRONS_TOKENS__SECRETS", &secrets.join(","))];
    run(tempdir().unwrap().path(), &["secrets", "reseal", "--json"], &environment)
}

/// A user with a session of each mode on each node. No step may refuse any of them.
struct User {
    cookie: Actor,
    refresh: String,
}

impl User {
    async fn new(node: &App, n: usize) -> Self {
        let email = format!("user{n}@example.com");
        let cookie = node.client();
        cookie.sign_up(&email, PASSWORD).await.expect(201);
        cookie.sign_in(&email, PASSWORD).await.expect(200);
        Self { cookie, refresh: node.client().tokens(&email, PASSWORD).await.expect(200).string("/tokens/refresh_token") }
    }

    /// Refreshes at one node, and uses what it got at all.
    async fn goes_on(&mut self, nodes: &[App], at: usize) {
        let refreshed = nodes[at].client().refresh(&self.refresh).await.expect(200);
        self.refresh = refreshed.string("/tokens/refresh_token");
        let token = refreshed.string("/tokens/access_token");
        for node in nodes {
            node.client().with_token(&token).get_session().await.expect(200);
            self.cookie.at(node).get_session().await.expect(200);
        }
    }
}

/// The steps of docs/keys.md. In each, one node after the other restarts, and users go on at all of them.
#[tokio::test]
async fn replacing_the_secret_signs_no_user_out() {
    let mut server = SmtpServer::start("ok");
    let mail = server.mail();
    server.stop();
    let one = App::configured(|config| set(config, "A", &mail)).await;
    let mut nodes = vec![one.reconfigured(|config| set(config, "A", &mail)).await];
    nodes.push(one.reconfigured(|config| set(config, "A", &mail)).await);
    nodes.push(one);
    let mut users = Vec::new();
    for (n, node) in nodes.iter().enumerate() {
        users.push(User::new(node, n).await);
    }
    nodes[0].client().sign_up(EMAIL, PASSWORD).await.expect(201);
    forgot(&nodes[0].client(), EMAIL).await;
    until_attempted(&nodes[0]).await;

    for (step, secrets) in ["AB", "BA", "B"].into_iter().enumerate() {
        if secrets == "B" {
            assert_cannot_go_on(&nodes[0]).await;
            let resealed = reseal(&nodes[0], "BA");
            let counts: Value = serde_json::from_slice(&resealed.stdout).unwrap();
            assert_eq!((&counts["signing_keys"], &counts["unreadable_mails"]), (&json!(1), &json!(0)));
            assert!(counts["mails"].as_u64().unwrap() > 0);
        } else {
            let early = if step == 0 { "BA" } else { "B" };
            refuses(&reseal(&nodes[0], early), 1, "the nodes do not sign with the first secret of this command");
        }
        for n in 0..3 {
            restart(&mut nodes[n], secrets, &mail).await;
            for (at, user) in users.iter_mut().enumerate() {
                user.goes_on(&nodes, (at + step + n) % 3).await;
            }
            let known = users[n].cookie.at(&nodes[(n + 1) % 3]);
            known.sign_in(&format!("user{n}@example.com"), PASSWORD).await.expect(200);
        }
    }
    server.become_mode("ok");
    nodes[0].advance(Duration::from_secs(20 * 60)).await;
    let mails = server.until_received(4).await;
    let token = mails.iter().find(|mail| mail.subject.contains("Set a new password")).unwrap().token();
    let reset = json!({"token": token, "new_password": "another horse entirely"});
    nodes[0].client().post("/v1/password/reset", reset).await.expect(204);
}

/// The first secret still seals the signing key.
async fn assert_cannot_go_on(node: &App) {
    let mut config = node.state.config.clone();
    set(&mut config, "B", &node.state.config.mail);
    let refused = Box::pin(AppState::open(config, Clock::System)).await.unwrap_err();
    assert!(matches!(refused, StartError::SigningKeys(_)), "{refused}");
    assert!(refused.to_string().contains("Add that secret"), "{refused}");
}

/// The secret of an authenticator app outlives the server secret that it was sealed under.
#[tokio::test(flavor = "multi_thread")]
async fn resealing_keeps_authenticator_apps() {
    let mail = App::config().mail;
    let mut node =
        App::configured(|config| set(config, "A", &MailConfig { transport: config.mail.transport.clone(), ..mail.clone() })).await;
    let mail = node.state.config.mail.clone();
    let (_, authenticator) = with_app(&node).await;
    for letters in ["BA", "B"] {
        restart(&mut node, letters, &mail).await;
        if letters == "BA" {
            let counts: Value = serde_json::from_slice(&reseal(&node, "BA").stdout).unwrap();
            assert_eq!((counts["second_factors"].as_u64(), counts["unreadable_second_factors"].as_u64()), (Some(1), Some(0)));
        }
        let client = node.client();
        client.sign_in(EMAIL, PASSWORD).await.expect(202);
        client.complete("totp", &authenticator.code(&node)).await.expect(200);
        node.advance(STEP).await;
    }
}

/// A node that lacks the secret cannot judge a code. That is no mistake of the user.
#[tokio::test]
async fn a_code_that_cannot_be_judged_is_not_wrong() {
    let mail = App::config().mail;
    let app =
        App::configured(|config| set(config, "A", &MailConfig { transport: config.mail.transport.clone(), ..mail.clone() })).await;
    let (_, authenticator) = with_app(&app).await;
    let lost = totp::Entity::update_many().col_expr(totp::Column::Secret, Expr::value(vec![7_u8; 64]));
    lost.exec(app.state.db.connection()).await.unwrap();
    let client = app.client();
    client.sign_in(EMAIL, PASSWORD).await.expect(202);
    client.complete("totp", &authenticator.code(&app)).await.expect_problem(503, "unavailable");
    client.complete("recovery_code", &authenticator.recovery_codes[0]).await.expect(200);
    let resealed = reseal(&app, "A");
    let counts: Value = serde_json::from_slice(&resealed.stdout).unwrap();
    assert_eq!(counts["unreadable_second_factors"], 1);
    refuses(&resealed, 1, "or `bifrons user reset-factors`");
}
