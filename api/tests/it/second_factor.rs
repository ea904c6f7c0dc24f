//! Second factors: an authenticator app, recovery codes, and the challenge that waits for either.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use bifrons::audit::Event;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    Actor, App, EMAIL, PASSWORD,
    authenticator::{Authenticator, STEP},
};

/// Ada, signed in, with an authenticator app.
pub(crate) async fn with_app(app: &App) -> (Actor, Authenticator) {
    let ada = app.ada().await;
    let authenticator = Authenticator::enrol(app, &ada).await;
    (ada, authenticator)
}

fn piped(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}");
    output.stdout
}

/// The judges are `pyotp` for the URI and its codes, and `zbarimg` for the image; `oathtool` in all other tests.
#[tokio::test]
async fn other_programs_read_the_image_and_the_secret() {
    let app = App::start().await;
    let ada = app.ada().await;
    let enrolment = ada.send(Method::POST, "/v1/me/totp", None).await.expect(201);
    let (secret, uri) = (enrolment.string("/secret"), enrolment.string("/uri"));
    let png = piped("rsvg-convert", &["-b", "white"], enrolment.string("/qr_svg").as_bytes());
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("qr.png");
    std::fs::write(&image, png).unwrap();
    let read = Command::new("zbarimg").args(["-q", "--raw"]).arg(&image).output().unwrap();
    assert_eq!(String::from_utf8(read.stdout).unwrap().trim_end(), uri);
    let script = "import pyotp, sys; t = pyotp.parse_uri(sys.argv[1]); \
        print(t.secret, t.name, t.issuer, t.at(int(sys.argv[2])), sep='|')";
    let now = app.state.clock.now().seconds().to_string();
    let read = Command::new("/usr/bin/python3").args(["-c", script, &uri, &now]).output().unwrap();
    let read = String::from_utf8(read.stdout).unwrap();
    let [read_secret, name, issuer, code] = read.trim().split('|').collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((read_secret, name, issuer), (secret.as_str(), EMAIL, "Bifrons"));
    ada.post("/v1/me/totp/confirm", json!({ "code": code })).await.expect(200);
}

#[tokio::test]
async fn asvs_6_3_3_a_password_alone_opens_no_session_in_either_mode() {
    let app = App::start().await;
    let (ada, authenticator) = with_app(&app).await;
    assert_eq!(ada.get_session().await.expect(200).json()["methods"], json!(["pwd", "otp", "mfa"]), "both are proved");

    let browser = app.client();
    let challenge = browser.sign_in(EMAIL, PASSWORD).await.expect(202);
    assert_eq!(challenge.json()["factors"], json!(["totp", "recovery_code"]));
    assert_eq!((challenge.string("/status"), challenge.json().get("token")), ("challenge".to_owned(), None));
    let [cookie] = challenge.cookies().try_into().unwrap();
    assert_eq!((cookie.name.as_str(), cookie.max_age), ("bifrons_challenge", Some(600)));
    assert!(cookie.attributes.iter().any(|attribute| attribute == "HttpOnly"), "{cookie:?}");
    browser.get_session().await.expect_problem(401, "unauthenticated");
    app.client().with_token(&cookie.value).get_session().await.expect_problem(401, "invalid_token");
    app.client().refresh(&cookie.value).await.expect_problem(401, "invalid_refresh_token");
    let signed_in = browser.complete("totp", &authenticator.code(&app)).await.expect(200);
    assert_eq!((signed_in.string("/status"), signed_in.json()["session"]["assurance"].as_i64()), ("signed-in".to_owned(), Some(2)));
    assert_eq!(browser.get_session().await.expect(200).json()["methods"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(browser.cookie("bifrons_challenge"), None, "it is cleared");

    app.advance(STEP).await;
    let challenge = app.client().tokens(EMAIL, PASSWORD).await.expect(202);
    assert!(challenge.cookies().is_empty());
    let tokens = app.client().complete_token(&challenge.string("/token"), "totp", &authenticator.code(&app)).await.expect(200);
    let bearer = app.client().with_token(&tokens.string("/tokens/access_token"));
    assert_eq!(bearer.get_session().await.expect(200).json()["assurance"], 2);
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
}

#[tokio::test]
async fn an_authenticator_app_counts_after_its_first_code() {
    let app = App::start().await;
    let ada = app.ada().await;
    let start = async || ada.send(Method::POST, "/v1/me/totp", None).await;
    let confirm = async |code: String| ada.post("/v1/me/totp/confirm", json!({ "code": code })).await;
    confirm("000000".to_owned()).await.expect_problem(404, "not_found");
    let replaced = Authenticator { secret: start().await.expect(201).string("/secret"), recovery_codes: Vec::new() };
    let current = Authenticator { secret: start().await.expect(201).string("/secret"), ..replaced.clone() };
    confirm(current.wrong_code(&app)).await.expect_problem(403, "wrong_code");
    confirm(replaced.code(&app)).await.expect_problem(403, "wrong_code");
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    app.advance(Duration::from_secs(600)).await;
    confirm(current.code(&app)).await.expect_problem(404, "not_found");
    let current = Authenticator { secret: start().await.expect(201).string("/secret"), ..replaced };
    confirm(current.code(&app)).await.expect(200);
    app.client().sign_in(EMAIL, PASSWORD).await.expect(202);
    start().await.expect_problem(409, "second_factor_exists");
    let factors = ada.get("/v1/me/factors").await.expect(200).json();
    assert_eq!(factors, json!({ "totp_added_at": "2026-01-01T09:10:00.000Z", "recovery_codes_left": 10 }));
    let mails = app.letters().await;
    assert!(mails.iter().any(|mail| mail.contains("A second factor for Bifrons was added")), "{mails:?}");
}

#[tokio::test]
async fn asvs_6_5_1_a_code_is_good_once_and_within_one_step() {
    let app = App::start().await;
    let (_, authenticator) = with_app(&app).await;
    let now = app.state.clock.now().seconds();
    let try_code = async |seconds: i64| {
        let client = app.client();
        client.sign_in(EMAIL, PASSWORD).await.expect(202);
        client.complete("totp", &authenticator.code_at(seconds)).await
    };
    try_code(now - 60).await.expect_problem(403, "wrong_code");
    try_code(now + 60).await.expect_problem(403, "wrong_code");
    try_code(now + 30).await.expect(200);
    for used in [now + 30, now, now - 30] {
        try_code(used).await.expect_problem(403, "wrong_code");
    }
    app.advance(STEP).await;
    try_code(now + 30).await.expect_problem(403, "wrong_code");
    app.advance(STEP).await;
    try_code(now + 60).await.expect(200);
}

#[tokio::test]
async fn a_challenge_serves_one_sign_in_for_ten_minutes_and_five_codes() {
    let app = App::start().await;
    let (_, authenticator) = with_app(&app).await;
    let client = app.client();
    client.sign_in(EMAIL, PASSWORD).await.expect(202);
    for _ in 0..5 {
        client.complete("totp", &authenticator.wrong_code(&app)).await.expect_problem(403, "wrong_code");
    }
    client.complete("totp", &authenticator.code(&app)).await.expect_problem(401, "invalid_challenge");
    client.sign_in(EMAIL, PASSWORD).await.expect(202);
    let twin = client.snapshot();
    client.complete("totp", &authenticator.code(&app)).await.expect(200);
    app.advance(STEP).await;
    twin.complete("totp", &authenticator.code(&app)).await.expect_problem(401, "invalid_challenge");
    client.sign_in(EMAIL, PASSWORD).await.expect(202);
    app.advance(Duration::from_secs(600)).await;
    client.complete("totp", &authenticator.code(&app)).await.expect_problem(401, "invalid_challenge");
    bifrons::maintenance::purge(&app.state).await.unwrap();
    app.advance(Duration::from_secs(1)).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM challenge").await, 0);
}

#[tokio::test]
async fn asvs_6_5_2_each_recovery_code_is_good_once_and_a_mail_tells() {
    let app = App::start().await;
    let (ada, authenticator) = with_app(&app).await;
    assert_eq!(authenticator.recovery_codes.len(), 10);
    let sign_in = async |code: &str| {
        let client = app.client();
        client.sign_in(EMAIL, PASSWORD).await.expect(202);
        client.complete("recovery_code", code).await
    };
    let [first, second, third, ..] = authenticator.recovery_codes.as_slice() else { panic!() };
    sign_in(first).await.expect(200);
    sign_in(first).await.expect_problem(403, "wrong_code");
    sign_in(&second.to_lowercase().replace('-', " ")).await.expect(200);
    assert_eq!(ada.get("/v1/me/factors").await.expect(200).json()["recovery_codes_left"], 8);
    assert_eq!(app.state.metrics.events(Event::RecoveryCodeUsed, ""), 2);
    let mails = app.letters().await;
    assert!(mails.iter().any(|mail| mail.contains("A recovery code for Bifrons was used")), "{mails:?}");
    let new = ada.send(Method::POST, "/v1/me/recovery-codes", None).await.expect(200).json();
    let mails = app.letters().await;
    assert!(mails.iter().any(|mail| mail.contains("New recovery codes for Bifrons")), "{mails:?}");
    sign_in(third).await.expect_problem(403, "wrong_code");
    sign_in(new["recovery_codes"][0].as_str().unwrap()).await.expect(200);
    for wrong in ["", "A", &"A".repeat(24), &authenticator.code(&app)] {
        sign_in(wrong).await.expect_problem(403, "wrong_code");
    }
}

#[tokio::test]
async fn removing_the_app_makes_the_password_suffice() {
    let app = App::start().await;
    let (ada, _) = with_app(&app).await;
    let waiting = app.client();
    waiting.sign_in(EMAIL, PASSWORD).await.expect(202);
    ada.delete("/v1/me/totp").await.expect(204);
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(app.count("SELECT (SELECT count(*) FROM challenge) + (SELECT count(*) FROM recovery_code)").await, 0);
    ada.delete("/v1/me/totp").await.expect_problem(404, "not_found");
    ada.send(Method::POST, "/v1/me/recovery-codes", None).await.expect_problem(404, "not_found");
    assert_eq!(ada.get("/v1/me/factors").await.expect(200).json(), json!({ "recovery_codes_left": 0 }));
    let mails = app.letters().await;
    assert!(mails.iter().any(|mail| mail.contains("A second factor for Bifrons was removed")), "{mails:?}");
    Authenticator::enrol(&app, &ada).await;
}
