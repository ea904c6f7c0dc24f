//! Signing in: what it refuses and which sessions it ends. Nothing undoes a sign-out.

use std::{collections::HashSet, net::Ipv4Addr, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bifrons::network::ClientNetwork;
use entity::SessionId;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{App, EMAIL, PASSWORD};

#[tokio::test]
async fn asvs_6_3_8_one_answer_for_unknown_wrong_and_disabled() {
    let app = App::start().await;
    app.ada().await;
    app.client().sign_up("disabled@example.com", PASSWORD).await.expect(201);
    app.sql("UPDATE user SET status = 'disabled' WHERE email = 'disabled@example.com'").await;
    let mut answers = HashSet::new();
    let long = "a".repeat(254);
    let attempts = [
        (EMAIL, "wrong password"),
        (EMAIL, ""),
        ("unknown@example.com", PASSWORD),
        ("disabled@example.com", PASSWORD),
        ("no address", PASSWORD),
        (long.as_str(), PASSWORD),
    ];
    for (email, password) in attempts {
        for mode in ["cookie", "token"] {
            let answer = app.client().post("/v1/session", json!({"email": email, "password": password, "mode": mode})).await;
            answers.insert(answer.expect_problem(401, "invalid_credentials").whole());
        }
    }
    assert_eq!(answers.len(), 1, "B-33: the same bytes, headers included");
}

#[tokio::test]
async fn an_address_is_found_in_every_equivalent_form() {
    let app = App::start().await;
    app.client().sign_up("Ada.L@BÜCHER.example", PASSWORD).await.expect(201);
    for typed in ["ada.l@bücher.example", "ADA.L@xn--bcher-kva.EXAMPLE"] {
        let session = app.client().sign_in(typed, PASSWORD).await.expect(200);
        assert_eq!(session.string("/session/user/email"), "Ada.L@bücher.example", "the domain as IDNA maps it");
    }
}

#[tokio::test]
async fn b_01_a_planted_session_is_never_adopted() {
    let app = App::start().await;
    let mallory = app.client();
    mallory.sign_up("mallory@example.com", PASSWORD).await.expect(201);
    mallory.sign_in("mallory@example.com", PASSWORD).await.expect(200);
    let planted = mallory.cookie("bifrons_session").unwrap();

    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    for planted in [planted.as_str(), "bfs_AZt6PS9AfDGdHlt6YMQfKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x"] {
        let ada = app.client();
        ada.put_cookie("bifrons_session", planted);
        ada.sign_in(EMAIL, PASSWORD).await.expect(200);
        assert_ne!(ada.cookie("bifrons_session").unwrap(), planted);
        assert_eq!(ada.get_session().await.expect(200).string("/user/email"), EMAIL);
    }
    mallory.get_session().await.expect_problem(401, "invalid_session");
}

#[tokio::test]
async fn asvs_7_2_4_signing_in_ends_the_session_of_the_request() {
    let app = App::start().await;
    let ada = app.ada().await;
    let before = ada.snapshot();
    ada.sign_in(EMAIL, "wrong password").await.expect(401);
    before.get_session().await.expect(200);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    before.get_session().await.expect_problem(401, "invalid_session");
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_because = 'replaced'").await, 1);

    let tokens = ada.tokens(EMAIL, PASSWORD).await.expect(200);
    ada.get_session().await.expect_problem(401, "invalid_session");
    app.advance(Duration::from_secs(1)).await;
    ada.with_token(&tokens.string("/tokens/access_token")).sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 1);
}

#[tokio::test]
async fn an_invalid_credential_does_not_prevent_signing_in() {
    let app = App::start().await;
    let ada = app.ada().await;
    ada.with_token("nonsense").sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.put_cookie("bifrons_session", "nonsense");
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.with("cookie", "bifrons_session=planted").sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.get_session().await.expect(200);
}

#[tokio::test]
async fn signing_in_ends_the_session_of_every_credential_in_the_request() {
    let app = App::start().await;
    let ada = app.ada().await;
    let live = async || app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await;
    let body = json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": "cookie"});
    for _ in 0..3 {
        let tokens = ada.post("/v1/session", body.clone()).await.expect(200);
        assert_eq!(live().await, 1, "the session of the refresh cookie ended");
        app.advance(Duration::from_secs(601)).await;
        ada.with_token(&tokens.string("/tokens/access_token")).sign_in(EMAIL, PASSWORD).await.expect(200);
        assert_eq!(live().await, 1, "the sessions of an expired access token and of both cookies ended");
    }
    let (one, other) = (app.client(), app.client());
    one.sign_in(EMAIL, PASSWORD).await.expect(200);
    other.sign_in(EMAIL, PASSWORD).await.expect(200);
    let twin = other.cookie("bifrons_session").unwrap();
    one.with("cookie", format!("bifrons_session={twin}")).sign_in(EMAIL, PASSWORD).await.expect(200);
    other.get_session().await.expect_problem(401, "invalid_session");
}

/// The id of a session is no secret: who names a session and proves nothing ends it neither by signing out nor by signing in.
#[tokio::test]
async fn a_credential_that_only_names_a_session_does_not_end_it() {
    let app = App::start().await;
    let ada = app.ada().await;
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    let before = tokens.string("/tokens/access_token");
    let renewed = app.client().with_token(&before).reauthenticate(PASSWORD).await.expect(200);
    let made = |prefix: &str, id: SessionId, rest: &[u8]| {
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode([id.0.as_bytes().as_slice(), rest].concat()))
    };
    let in_cookie = made("bfs_", ada.session().await, &[7; 32]);
    let in_token = SessionId(tokens.string("/session/id").parse().unwrap());
    let (as_cookie, as_refresh) = (made("bfs_", in_token, &[7; 32]), made("bfr_", in_token, &[0; 36]));
    for (cookie, forged) in [("bifrons_session", &in_cookie), ("bifrons_session", &as_cookie), ("bifrons_refresh", &as_refresh)] {
        let mallory = || app.client().with("cookie", format!("{cookie}={forged}"));
        mallory().sign_out().await.expect(204);
        mallory().sign_in(EMAIL, PASSWORD).await.expect(200);
    }
    for outdated in [&before, &as_refresh] {
        app.client().with_token(outdated).sign_out().await.expect(204);
    }
    ada.get_session().await.expect(200);
    app.client().with_token(&renewed.string("/tokens/access_token")).get_session().await.expect(200);
    ada.refresh(&renewed.string("/tokens/refresh_token")).await.expect(200);
}

#[tokio::test]
async fn asvs_7_4_2_disabling_a_user_takes_effect_immediately() {
    let app = App::start().await;
    let ada = app.ada().await;
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    app.sql("UPDATE user SET status = 'disabled'").await;
    ada.get_session().await.expect_problem(401, "invalid_session");
    ada.with_token(&tokens.string("/tokens/access_token")).get_session().await.expect_problem(401, "invalid_token");
    ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    ada.sign_in(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
}

#[tokio::test]
async fn b_02_a_slow_request_cannot_undo_a_sign_out() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.advance(Duration::from_secs(1800)).await; // so that the request stores a use
    let cookie = ada.cookie("bifrons_session").unwrap();
    let body = json!({"password": PASSWORD}).to_string();
    let (begin, rest) = body.split_at(5);
    let mut slow = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST /v1/session/reauthenticate HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: bifrons_session={cookie}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    slow.write_all(format!("{head}{begin}").as_bytes()).await.unwrap();
    // The service verifies the session and stores the use before it reads the body.
    while app.count("SELECT count(*) FROM session WHERE last_seen_at > created_at").await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ada.sign_out().await.expect(204);
    slow.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("invalid_session"), "{answer}");
    assert!(!answer.to_lowercase().contains("set-cookie"), "the answer sets no cookie");
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 0);
    ada.put_cookie("bifrons_session", cookie);
    ada.get_session().await.expect_problem(401, "invalid_session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_that_is_stored_late_does_not_revive_a_session() {
    let app = App::start().await;
    for _ in 0..20 {
        let ada = app.client();
        let _ = ada.sign_up(EMAIL, PASSWORD).await;
        ada.sign_in(EMAIL, PASSWORD).await.expect(200);
        app.advance(Duration::from_secs(1800)).await;
        let (reader, leaver) = (ada.snapshot(), ada.snapshot());
        let (_, out) = tokio::join!(
            tokio::spawn(async move { reader.get_session().await }),
            tokio::spawn(async move { leaver.sign_out().await })
        );
        out.unwrap().expect(204);
        ada.get_session().await.expect_problem(401, "invalid_session");
    }
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 0);
}

#[tokio::test]
async fn asvs_11_4_2_hashes_are_upgraded_when_the_parameters_change() {
    let app = App::start().await;
    app.ada().await;
    let stronger = app.reconfigured(|config| {
        config.passwords.hashing.memory_kib = 128;
        config.passwords.hashing.iterations = 2;
    });
    let stronger = stronger.await;
    stronger.client().sign_in(EMAIL, "wrong password").await.expect(401);
    assert_eq!(app.count("SELECT count(*) FROM password WHERE hash LIKE '$argon2id$v=19$m=64,t=1,p=1$%'").await, 1);
    stronger.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(app.count("SELECT count(*) FROM password WHERE hash LIKE '$argon2id$v=19$m=128,t=2,p=1$%'").await, 1);
    stronger.client().sign_in(EMAIL, PASSWORD).await.expect(200);
}

/// The places are taken here, not by a flood: how much a flood gets depends on the machine.
#[tokio::test]
async fn c_20_a_full_hashing_queue_refuses_sign_ins_and_serves_sessions() {
    let app = App::configured(|config| {
        config.passwords.hashing.workers = 1;
        config.passwords.hashing.queue = 4;
    })
    .await;
    let ada = app.ada().await;
    let networks = (0..9).map(|n| ClientNetwork::from(Some(Ipv4Addr::new(192, 0, 2, n).into())));
    let places: Vec<_> =
        networks.flat_map(|network| std::iter::repeat(network).map_while(|network| app.state.hasher.admit(network).ok())).collect();
    assert_eq!(places.len(), 5, "one with the worker, four that wait");
    for _ in 0..10 {
        let refused = app.client().sign_in(EMAIL, PASSWORD).await.expect_problem(503, "overloaded");
        assert_eq!(refused.header("retry-after"), "1");
        ada.get_session().await.expect(200);
    }
    drop(places);
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
}
