//! Passkeys: adding one, signing in with it in both modes, as a second factor, listing, renaming and removing.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{
    App, EMAIL, PASSWORD,
    authenticator::Authenticator,
    passkey::{BACKED_UP, BACKUP_ELIGIBLE, Passkey},
};

#[tokio::test]
async fn a_passkey_signs_in_by_itself_in_either_mode() {
    let app = App::start().await;
    let ada = app.ada().await;
    let before = ada.cookie("bifrons_session").unwrap();
    let (passkey, added) = Passkey::enrol(&ada).await;
    assert_eq!(added.json()["recovery_codes"].as_array().unwrap().len(), 10, "it is the first second factor");
    assert_eq!(added.json()["session"]["methods"], json!(["pwd", "hwk", "user", "mfa"]));
    assert_ne!(ada.cookie("bifrons_session").unwrap(), before, "the session has a new secret");

    let browser = app.client();
    let signed_in = browser.sign_in_with_passkey(passkey.answer(&browser).await).await.expect(200);
    assert_eq!((signed_in.string("/status"), signed_in.json()["session"]["assurance"].as_i64()), ("signed-in".to_owned(), Some(2)));
    assert_eq!(browser.get_session().await.expect(200).json()["methods"], json!(["hwk", "user", "mfa"]));
    assert!(browser.cookie("bifrons_device").is_some(), "the account knows the device");
    assert!(signed_in.cookies().iter().all(|cookie| cookie.max_age.is_none() || cookie.name == "bifrons_device"), "not remembered");

    let app_client = app.client();
    let body = json!({ "passkey": passkey.answer(&app_client).await, "mode": "token", "remember": true });
    let tokens = app_client.post("/v1/session/passkey", body).await.expect(200);
    assert!(tokens.cookies().is_empty());
    let bearer = app.client().with_token(&tokens.string("/tokens/access_token"));
    let session = bearer.get_session().await.expect(200).json();
    assert_eq!((session["assurance"].as_i64(), session["mode"].as_str()), (Some(2), Some("token")));
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    let body = json!({ "passkey": passkey.answer(&app_client).await, "refresh_in": "cookie" });
    let refused = app_client.post("/v1/session/passkey", body).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.broken_rules()[0].0, "refresh_in");

    // The new sign-in ends the session whose credential came with it.
    let old = browser.snapshot();
    browser.sign_in_with_passkey(passkey.answer(&browser).await).await.expect(200);
    old.get_session().await.expect_problem(401, "invalid_session");
    let mails = app.letters().await;
    assert!(mails.iter().any(|mail| mail.contains("A passkey for Bifrons was added")), "{mails:?}");
}

#[tokio::test]
async fn the_options_ask_for_a_passkey_that_verifies_the_user() {
    let app = App::start().await;
    let ada = app.ada().await;
    let (passkey, _) = Passkey::enrol(&ada).await;
    let options = ada.send(Method::POST, "/v1/me/passkey/options", None).await.expect(200).json();
    assert_eq!(options["rp"], json!({ "id": "localhost", "name": "Bifrons" }));
    assert_eq!((options["user"]["name"].as_str(), options["user"]["displayName"].as_str()), (Some(EMAIL), Some(EMAIL)));
    assert_eq!(options["attestation"], "none");
    let algorithms: Vec<_> =
        options["pubKeyCredParams"].as_array().unwrap().iter().map(|one| one["alg"].as_i64().unwrap()).collect();
    assert_eq!(algorithms, [-8, -7, -257]);
    assert_eq!(
        options["authenticatorSelection"],
        json!({ "residentKey": "required", "requireResidentKey": true, "userVerification": "required" })
    );
    let credential = passkey.sign(&options)["id"].clone();
    let existing = json!([{ "type": "public-key", "id": credential, "transports": ["hybrid", "internal"] }]);
    assert_eq!(options["excludeCredentials"], existing, "a transport that no browser knows is not stored");
    let request = app.client().passkey_options().await;
    assert_eq!((request["rpId"].as_str(), request["userVerification"].as_str()), (Some("localhost"), Some("required")));
    assert!(request.get("allowCredentials").is_none(), "it names no user");
}

#[tokio::test]
async fn asvs_6_3_3_with_a_passkey_the_password_alone_opens_no_session() {
    let app = App::start().await;
    let ada = app.ada().await;
    let (passkey, added) = Passkey::enrol(&ada).await;
    let challenged = app.client();
    let challenge = challenged.sign_in(EMAIL, PASSWORD).await.expect(202);
    assert_eq!(challenge.json()["factors"], json!(["passkey", "recovery_code"]));
    challenged.complete("totp", "287082").await.expect_problem(403, "wrong_code");
    challenged.complete_with_passkey(passkey.answer(&challenged).await).await.expect(200);
    assert_eq!(challenged.get_session().await.expect(200).json()["methods"], json!(["pwd", "hwk", "user", "mfa"]));
    assert_eq!(challenged.cookie("bifrons_challenge"), None);

    let token = app.client().tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
    let client = app.client();
    let body = json!({ "token": token, "passkey": passkey.answer(&client).await });
    client.post("/v1/session/challenge/passkey", body).await.expect(200).string("/tokens/access_token");

    // Who lost the passkey has the recovery codes.
    let lost = app.client();
    lost.sign_in(EMAIL, PASSWORD).await.expect(202);
    let code = added.json()["recovery_codes"][0].as_str().unwrap().to_owned();
    lost.complete("recovery_code", &code).await.expect(200);
    // An authenticator app beside it is one more factor.
    let authenticator = Authenticator::enrol(&app, &ada).await;
    let both = app.client();
    assert_eq!(both.sign_in(EMAIL, PASSWORD).await.expect(202).json()["factors"], json!(["passkey", "totp", "recovery_code"]));
    both.complete("totp", &authenticator.code(&app)).await.expect(200);
    ada.delete("/v1/me/totp").await.expect(204);
    assert_eq!(app.client().sign_in(EMAIL, PASSWORD).await.expect(202).json()["factors"], json!(["passkey", "recovery_code"]));
}

#[tokio::test]
async fn a_passkey_makes_a_session_fresh() {
    let app = App::start().await;
    let ada = app.ada().await;
    let (passkey, _) = Passkey::enrol(&ada).await;
    app.advance(Duration::from_secs(16 * 60)).await;
    ada.send(Method::POST, "/v1/me/passkey/options", None).await.expect_problem(403, "reauthentication_required");
    ada.post("/v1/session/reauthenticate", json!({ "password": PASSWORD })).await.expect_problem(403, "second_factor_required");
    let answer = passkey.answer(&ada).await;
    let again = async |answer| ada.post("/v1/session/reauthenticate/passkey", json!({ "passkey": answer })).await;
    again(answer.clone()).await.expect(200);
    ada.send(Method::POST, "/v1/me/passkey/options", None).await.expect(200);
    again(answer).await.expect_problem(403, "invalid_passkey");
}

#[tokio::test]
async fn passkeys_are_listed_renamed_and_removed() {
    let app = App::start().await;
    let ada = app.ada().await;
    let add = async |name: Option<&str>, aaguid: [u8; 16], flags: u8| {
        let options = ada.send(Method::POST, "/v1/me/passkey/options", None).await.expect(200).json();
        let mut passkey = Passkey::make(&options);
        app.advance(Duration::from_secs(1)).await;
        (passkey.aaguid, passkey.flags) = (aaguid, passkey.flags | flags);
        let mut body = json!({ "passkey": passkey.attest(&options) });
        if let Some(name) = name {
            body["name"] = name.into();
        }
        (ada.post("/v1/me/passkeys", body).await.expect(201).string("/passkey/id"), passkey)
    };
    let bitwarden = uuid::uuid!("d548826e-79b4-db40-a3d8-11116f7e8349").into_bytes();
    let (first, mut synced) = add(None, bitwarden, BACKUP_ELIGIBLE).await;
    let (second, _) = add(Some("Blue key"), [0; 16], 0).await;
    app.advance(Duration::from_secs(60)).await;
    let browser = app.client();
    synced.flags |= BACKED_UP;
    let methods =
        browser.sign_in_with_passkey(synced.answer(&browser).await).await.expect(200).json()["session"]["methods"].clone();
    assert_eq!(methods, json!(["swk", "user", "mfa"]), "a key that can be copied is one in software");

    let listed = ada.get("/v1/me/passkeys").await.expect(200).json()["items"].clone();
    let (one, two) = (&listed[0], &listed[1]);
    assert_eq!((one["name"].as_str(), one["provider"].as_str()), (Some("Bitwarden"), Some("Bitwarden")));
    assert_eq!((one["backup_eligible"].as_bool(), one["backed_up"].as_bool()), (Some(true), Some(true)), "the flags are kept true");
    assert_eq!(one["last_used_at"], "2026-01-01T09:01:02.000Z");
    assert_eq!((two["name"].as_str(), two.get("provider"), two.get("last_used_at")), (Some("Blue key"), None, None));
    let exported = ada.get("/v1/me/export").await.expect(200).json();
    assert_eq!(exported["passkeys"], listed);

    let path = |id: &str| format!("/v1/me/passkeys/{id}");
    ada.send(Method::PATCH, &path(&second), Some(json!({ "name": "Red key" }))).await.expect(204);
    ada.send(Method::PATCH, &path(&second), Some(json!({ "name": "\u{202e}" }))).await.expect_problem(422, "validation_failed");
    assert_eq!(ada.get("/v1/me/passkeys").await.expect(200).json()["items"][1]["name"], "Red key");
    ada.delete(&path(&first)).await.expect(204);
    browser.sign_in_with_passkey(synced.answer(&browser).await).await.expect_problem(403, "unknown_passkey");
    app.client().sign_in(EMAIL, PASSWORD).await.expect(202);
    ada.delete(&path(&second)).await.expect(204);
    ada.delete(&path(&second)).await.expect_problem(404, "not_found");
    ada.send(Method::PATCH, &path(&second), Some(json!({ "name": "Red key" }))).await.expect_problem(404, "not_found");
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(app.count("SELECT count(*) FROM recovery_code").await, 0, "they go with the last factor");
    let mails = app.letters().await;
    assert_eq!(mails.iter().filter(|mail| mail.contains("A passkey for Bifrons was removed")).count(), 2, "{mails:?}");
}

#[tokio::test]
async fn the_last_way_to_sign_in_stays() {
    let app = App::start().await;
    let ada = app.ada().await;
    let (_, first) = Passkey::enrol(&ada).await;
    let (_, second) = Passkey::enrol(&ada).await;
    assert!(second.json().get("recovery_codes").is_none(), "the user has some");
    app.sql("DELETE FROM password").await;
    let path = |added: &crate::support::Answer| format!("/v1/me/passkeys/{}", added.string("/passkey/id"));
    ada.delete(&path(&first)).await.expect(204);
    ada.delete(&path(&second)).await.expect_problem(409, "last_sign_in_method");
    assert_eq!(app.count("SELECT count(*) FROM passkey").await, 1);
}

#[tokio::test]
async fn a_user_has_at_most_twenty_passkeys_and_each_once() {
    let app = App::start().await;
    let ada = app.ada().await;
    let (first, _) = Passkey::enrol(&ada).await;
    let options = async || ada.send(Method::POST, "/v1/me/passkey/options", None).await.expect(200).json();
    // An authenticator that makes a passkey although the user has one on it.
    ada.register_passkey(first.attest(&options().await)).await.expect_problem(409, "passkey_exists");
    for _ in 1..20 {
        Passkey::enrol(&ada).await;
    }
    let made = options().await;
    let more = Passkey::make(&made).attest(&made);
    ada.register_passkey(more.clone()).await.expect_problem(409, "too_many_passkeys");
    let one = ada.get("/v1/me/passkeys").await.expect(200).string("/items/19/id");
    ada.delete(&format!("/v1/me/passkeys/{one}")).await.expect(204);
    ada.register_passkey(more).await.expect(201);
}

#[tokio::test]
async fn pages_on_other_domains_are_listed_for_browsers() {
    let related = |origins: &str| {
        let origins = origins.to_owned();
        async move {
            let environment = [("BIFRONS_PUBLIC_URL", "https://auth.example.com"), ("BIFRONS_ORIGINS", origins.as_str())];
            let app = App::with_environment(&environment).await;
            app.client().get("/.well-known/webauthn").await
        }
    };
    let listed = related("https://app.example.com,https://example.net,https://app.example.org:8443").await.expect(200);
    assert_eq!(listed.json(), json!({ "origins": ["https://example.net", "https://app.example.org:8443"] }));
    assert_eq!(listed.header("content-type"), "application/json; charset=utf-8");
    related("https://app.example.com").await.expect_problem(404, "not_found");
}
