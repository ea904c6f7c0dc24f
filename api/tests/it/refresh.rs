//! Refreshing tokens: current, previous, older and forged refresh tokens, concurrent refreshes, and lost answers.

use std::{collections::HashSet, time::Duration};

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Actor, Answer, App, EMAIL, PASSWORD};

const GRACE: Duration = Duration::from_secs(10);
const MS: Duration = Duration::from_millis(1);

async fn signed_in(app: &App) -> (Actor, Answer) {
    let ada = app.client().with("user-agent", "Phone/1.0");
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let tokens = ada.tokens(EMAIL, PASSWORD).await.expect(200);
    (ada, tokens)
}

fn token(answer: &Answer) -> String {
    answer.string("/tokens/refresh_token")
}

async fn generation(app: &App) -> i64 {
    app.count("SELECT generation FROM token_grant").await
}

#[tokio::test]
async fn the_current_token_is_replaced_by_its_successor() {
    let app = App::start().await;
    let (ada, first) = signed_in(&app).await;
    let second = ada.refresh(&token(&first)).await.expect(200);
    let third = ada.refresh(&token(&second)).await.expect(200);
    assert_eq!(HashSet::from([token(&first), token(&second), token(&third)]).len(), 3);
    assert_eq!(generation(&app).await, 2);
    assert_eq!(second.string("/session/expires_at"), first.string("/session/expires_at"), "the absolute time stays");
}

#[tokio::test]
async fn b_16_the_previous_token_gives_the_same_successor_within_the_grace_time() {
    let app = App::start().await;
    let (ada, first) = signed_in(&app).await;
    let second = ada.refresh(&token(&first)).await.expect(200);
    app.advance(GRACE).await;
    let again = ada.refresh(&token(&first)).await.expect(200);
    assert_eq!(token(&again), token(&second));
    assert_ne!(again.string("/tokens/access_token"), second.string("/tokens/access_token"), "a fresh access token");
    assert_eq!(generation(&app).await, 1, "nothing was rotated");
    ada.with_token(&again.string("/tokens/access_token")).get_session().await.expect(200);
    ada.refresh(&token(&second)).await.expect(200);
}

#[tokio::test]
async fn b_14_the_previous_token_after_the_grace_time_is_reuse() {
    let app = App::start().await;
    let (ada, first) = signed_in(&app).await;
    let second = ada.refresh(&token(&first)).await.expect(200);
    app.advance(GRACE + MS).await;
    app.client().with("user-agent", "Thief/1.0").refresh(&token(&first)).await.expect_problem(401, "refresh_reused");
    ada.refresh(&token(&second)).await.expect_problem(401, "invalid_refresh_token");
    ada.with_token(&second.string("/tokens/access_token")).get_session().await.expect_problem(401, "invalid_token");
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_because = 'refresh_reused'").await, 1);
    let mail = app.letters().await.remove(0);
    assert!(mail.contains(&format!("To: {EMAIL}\r\n")) && mail.contains("refresh token"), "{mail}");
    assert!(mail.contains("Device: Phone\r\n") && !mail.contains("Thief"), "the mail names the device of the session: {mail}");
    ada.refresh(&token(&first)).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn b_15_an_older_token_is_reuse_even_within_the_grace_time() {
    let app = App::start().await;
    let (ada, first) = signed_in(&app).await;
    let second = ada.refresh(&token(&first)).await.expect(200);
    let third = ada.refresh(&token(&second)).await.expect(200);
    ada.refresh(&token(&first)).await.expect_problem(401, "refresh_reused");
    ada.refresh(&token(&third)).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn b_17_attacker_and_victim_cannot_both_continue() {
    let app = App::start().await;
    let (victim, first) = signed_in(&app).await;
    let attacker = app.client();
    let mut stolen = token(&first);
    for _ in 0..3 {
        let next = victim.refresh(&stolen).await.expect(200);
        stolen = token(&next);
        app.advance(Duration::from_secs(60)).await;
    }
    let attackers = attacker.refresh(&stolen).await.expect(200);
    app.advance(GRACE + MS).await;
    victim.refresh(&stolen).await.expect_problem(401, "refresh_reused");
    attacker.refresh(&token(&attackers)).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn reuse_ends_only_the_session_of_the_token() {
    let app = App::start().await;
    let (ada, first) = signed_in(&app).await;
    let elsewhere = ada.tokens(EMAIL, PASSWORD).await.expect(200);
    ada.refresh(&token(&first)).await.expect(200);
    app.advance(GRACE + MS).await;
    ada.refresh(&token(&first)).await.expect_problem(401, "refresh_reused");
    ada.refresh(&token(&elsewhere)).await.expect(200);
}

#[tokio::test]
async fn forged_tokens_change_nothing_and_get_one_answer() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let app = App::start().await;
    let (ada, first) = signed_in(&app).await;
    let bytes = URL_SAFE_NO_PAD.decode(token(&first).strip_prefix("bfr_").unwrap()).unwrap();
    let forged = |at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] ^= to;
        format!("bfr_{}", URL_SAFE_NO_PAD.encode(bytes))
    };
    let newer = forged(19, 1); // generation 1, not issued yet
    let bad_mac = forged(51, 1);
    let unknown = forged(15, 1);
    let padded = format!("{}=", token(&first));
    let mut texts = HashSet::new();
    for wrong in [newer, bad_mac, unknown, padded, String::new(), "bfr_".into(), "x".repeat(256), token(&first)[1..].into()] {
        texts.insert(ada.refresh(&wrong).await.expect_problem(401, "invalid_refresh_token").whole());
    }
    assert_eq!(texts.len(), 1, "the answers do not differ");
    assert_eq!(generation(&app).await, 0);
    ada.refresh(&token(&first)).await.expect(200);
}

#[tokio::test]
async fn the_grace_time_does_not_revive_an_ended_session() {
    for end in ["sign out", "disabled", "idle", "absolute"] {
        let app = App::start().await;
        let (ada, first) = signed_in(&app).await;
        let mut last = ada.refresh(&token(&first)).await.expect(200);
        match end {
            "sign out" => drop(ada.with_token(&last.string("/tokens/access_token")).sign_out().await.expect(204)),
            "disabled" => app.sql("UPDATE user SET status = 'disabled'").await,
            "idle" => app.advance(Duration::from_secs(3600)).await,
            _ => {
                for _ in 0..24 {
                    app.advance(Duration::from_secs(3599)).await;
                    last = ada.refresh(&token(&last)).await.expect(200);
                }
                app.advance(Duration::from_secs(24)).await;
            }
        }
        for presented in [&first, &last] {
            ada.refresh(&token(presented)).await.expect_problem(401, "invalid_refresh_token");
        }
    }
}

#[tokio::test]
async fn the_grace_time_can_be_zero() {
    let app = App::configured(|config| config.tokens.refresh_grace = Duration::ZERO).await;
    let (ada, first) = signed_in(&app).await;
    ada.refresh(&token(&first)).await.expect(200);
    ada.refresh(&token(&first)).await.expect_problem(401, "refresh_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn b_13_two_hundred_concurrent_refreshes_get_one_successor() {
    let app = App::start().await;
    let second_node = app.another().await;
    let (ada, first) = signed_in(&app).await;
    let token = token(&first);
    let mut racers = JoinSet::new();
    for n in 0..200 {
        let racer = if n % 2 == 0 { app.client() } else { second_node.client() };
        let token = token.clone();
        racers.spawn(async move { racer.refresh(&token).await.expect(200).string("/tokens/refresh_token") });
    }
    let successors: HashSet<_> = racers.join_all().await.into_iter().collect();
    assert_eq!(successors.len(), 1, "one successor");
    assert_eq!(generation(&app).await, 1, "one rotation");
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 1);
    ada.refresh(successors.iter().next().unwrap()).await.expect(200);
}

#[tokio::test]
async fn c_34_a_refresh_whose_answer_was_lost_can_be_repeated() {
    use tokio::{io::AsyncWriteExt, net::TcpStream};
    let app = App::start().await;
    let (ada, first) = signed_in(&app).await;
    let body = json!({"refresh_token": token(&first)}).to_string();
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST /v1/tokens/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    while generation(&app).await == 0 {
        tokio::time::sleep(MS).await;
    }
    drop(connection); // the answer is lost, the rotation is not
    let second = ada.refresh(&token(&first)).await.expect(200);
    assert_eq!(generation(&app).await, 1);
    ada.refresh(&token(&second)).await.expect(200);
}

#[tokio::test]
async fn b_18_the_state_of_a_grant_survives_a_restart() {
    let app = App::start().await;
    let (ada, first) = signed_in(&app).await;
    let second = ada.refresh(&token(&first)).await.expect(200);
    let restarted = app.another().await;
    let ada = restarted.client();
    assert_eq!(token(&ada.refresh(&token(&first)).await.expect(200)), token(&second), "grace");
    restarted.advance(GRACE + MS).await;
    ada.refresh(&token(&first)).await.expect_problem(401, "refresh_reused");
}

// In a runtime of one thread a write of the node could wait for the command, which waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_server_secret_accepts_the_tokens_of_the_old_one() {
    use bifrons::secret::{ServerSecret, ServerSecrets};
    let secret = |letter: &str| ServerSecret::parse(&letter.repeat(42).chars().chain(['A']).collect::<String>()).unwrap();
    let app = App::configured(|config| config.tokens.secrets = vec![secret("A")]).await;
    let (ada, first) = signed_in(&app).await;
    assert!(ServerSecrets::new(vec![]).is_none());

    let rotated = app.reconfigured(|config| config.tokens.secrets = vec![secret("B"), secret("A")]).await;
    let second = rotated.client().refresh(&token(&first)).await.expect(200);

    let resealed = crate::server_secrets::reseal(&app, "BA");
    assert!(resealed.status.success(), "{}", String::from_utf8_lossy(&resealed.stderr));
    let without = app.reconfigured(|config| config.tokens.secrets = vec![secret("B")]).await;
    without.client().refresh(&token(&first)).await.expect_problem(401, "invalid_refresh_token");
    without.client().refresh(&token(&second)).await.expect(200);
    drop(ada);
}

#[tokio::test]
async fn the_body_takes_precedence_over_the_cookie() {
    let app = App::start().await;
    let (ada, first) = signed_in(&app).await;
    ada.post("/v1/session", json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": "cookie"}))
        .await
        .expect(200);
    let by_body = ada.refresh(&token(&first)).await.expect(200);
    assert_eq!(by_body.string("/session/id"), first.string("/session/id"));
    ada.refresh("bfr_nonsense").await.expect_problem(401, "invalid_refresh_token");
    ada.with("cookie", "bifrons_refresh=planted").post("/v1/tokens/refresh", json!({})).await.expect(200);
    app.client().post("/v1/tokens/refresh", json!({})).await.expect_problem(401, "invalid_refresh_token");
}
