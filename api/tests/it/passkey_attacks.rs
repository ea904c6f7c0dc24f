//! Attacks on passkeys, and what several nodes agree about.

use std::time::Duration;

use bifrons::{
    accounts::{self, AdminAction},
    audit::Event,
};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    email_change::{newest, pages, use_token},
    support::{
        Actor, App, EMAIL, PASSWORD,
        authenticator::Authenticator,
        operator,
        passkey::{BACKED_UP, BACKUP_ELIGIBLE, Passkey, USER_PRESENT, USER_VERIFIED},
    },
};

const GRACE: &str = "grace@example.com";

async fn grace(app: &App) -> Actor {
    let grace = app.client();
    grace.sign_up(GRACE, PASSWORD).await.expect(201);
    grace.sign_in(GRACE, PASSWORD).await.expect(200);
    grace
}

async fn registration_options(who: &Actor) -> Value {
    who.send(Method::POST, "/v1/me/passkey/options", None).await.expect(200).json()
}

fn refusals(app: &App, because: &'static str) -> u64 {
    app.state.metrics.events(Event::PasskeyRefused, because)
}

/// What changes a good answer, and why it is refused then.
type Lie = (&'static str, fn(&mut Passkey), &'static str);

const LIES: [Lie; 9] = [
    ("another origin", |passkey| passkey.origin = "https://evil.example".into(), "origin"),
    ("another port", |passkey| passkey.origin = "http://localhost:3001".into(), "origin"),
    ("another RP ID", |passkey| passkey.rp_id = "evil.example".into(), "rp_id"),
    ("a frame of another origin", |passkey| passkey.client_data = json!({ "crossOrigin": true }), "framed"),
    ("a page around it", |passkey| passkey.client_data = json!({ "topOrigin": "http://localhost:3000" }), "framed"),
    ("another ceremony", |passkey| passkey.client_data = json!({ "type": "payment.get" }), "ceremony"),
    ("no user verification", |passkey| passkey.flags = USER_PRESENT, "user_not_verified"),
    ("no user", |passkey| passkey.flags = USER_VERIFIED, "malformed"),
    ("another challenge", |passkey| passkey.client_data = json!({ "challenge": "AAAA" }), "challenge"),
];

#[tokio::test]
async fn a_lie_is_refused_in_every_ceremony() {
    let app = App::start().await;
    let ada = app.ada().await;
    for (lie, tell, because) in LIES {
        let options = registration_options(&ada).await;
        let mut liar = Passkey::make(&options);
        tell(&mut liar);
        let before = refusals(&app, because);
        ada.register_passkey(liar.attest(&options)).await.expect_problem(403, "invalid_passkey");
        assert_eq!(refusals(&app, because), before + 1, "{lie}");
    }
    let (mut honest, _) = Passkey::enrol(&ada).await;
    for (lie, tell, because) in LIES {
        let (origin, rp_id, flags) = (honest.origin.clone(), honest.rp_id.clone(), honest.flags);
        tell(&mut honest);
        let challenged = app.client();
        challenged.sign_in(EMAIL, PASSWORD).await.expect(202);
        let before = refusals(&app, because);
        challenged.sign_in_with_passkey(honest.answer(&challenged).await).await.expect_problem(403, "invalid_passkey");
        challenged.complete_with_passkey(honest.answer(&challenged).await).await.expect_problem(403, "invalid_passkey");
        let answer = json!({ "passkey": honest.answer(&ada).await });
        ada.post("/v1/session/reauthenticate/passkey", answer).await.expect_problem(403, "invalid_passkey");
        assert_eq!(refusals(&app, because), before + 3, "{lie}");
        (honest.origin, honest.rp_id, honest.flags, honest.client_data) = (origin, rp_id, flags, json!({}));
    }
    let client = app.client();
    for malformed in [json!({}), json!({ "type": "public-key" }), json!({ "id": 1 })] {
        client.sign_in_with_passkey(malformed).await.expect_problem(403, "invalid_passkey");
    }
    client.sign_in_with_passkey(honest.answer(&client).await).await.expect(200);
}

#[tokio::test]
async fn an_answer_counts_in_its_own_ceremony_and_session() {
    let app = App::start().await;
    let (ada, grace) = (app.ada().await, grace(&app).await);
    let (of_ada, _) = Passkey::enrol(&ada).await;
    let (of_grace, _) = Passkey::enrol(&grace).await;
    // A registration of another session, and a sign-in that is taken for a registration.
    let options = registration_options(&grace).await;
    ada.register_passkey(Passkey::make(&options).attest(&options)).await.expect_problem(403, "invalid_passkey");
    let mut options = registration_options(&ada).await;
    options["challenge"] = ada.passkey_options().await["challenge"].clone();
    ada.register_passkey(Passkey::make(&options).attest(&options)).await.expect_problem(403, "invalid_passkey");
    let client = app.client();
    client.sign_in_with_passkey(of_ada.sign(&registration_options(&ada).await)).await.expect_problem(403, "invalid_passkey");
    client.sign_in_with_passkey(of_ada.attest(&client.passkey_options().await)).await.expect_problem(403, "invalid_passkey");

    // Another user's passkey is no second factor, no re-authentication, and not theirs by a user handle.
    let challenged = app.client();
    challenged.sign_in(EMAIL, PASSWORD).await.expect(202);
    challenged.complete_with_passkey(of_grace.answer(&challenged).await).await.expect_problem(403, "invalid_passkey");
    let answer = json!({ "passkey": of_grace.answer(&ada).await });
    ada.post("/v1/session/reauthenticate/passkey", answer).await.expect_problem(403, "invalid_passkey");
    let mut forged = of_grace.answer(&client).await;
    forged["response"]["userHandle"] = of_ada.user_handle.as_str().into();
    client.sign_in_with_passkey(forged).await.expect_problem(403, "invalid_passkey");
    let mut swapped = of_grace.answer(&client).await;
    let theirs = of_ada.sign(&client.passkey_options().await);
    (swapped["id"], swapped["rawId"]) = (theirs["id"].clone(), theirs["rawId"].clone());
    swapped["response"]["userHandle"] = of_ada.user_handle.as_str().into();
    client.sign_in_with_passkey(swapped).await.expect_problem(403, "invalid_passkey");
    // Another user cannot rename or remove it.
    let id = ada.get("/v1/me/passkeys").await.expect(200).string("/items/0/id");
    grace.delete(&format!("/v1/me/passkeys/{id}")).await.expect_problem(404, "not_found");
    let renamed = grace.send(Method::PATCH, &format!("/v1/me/passkeys/{id}"), Some(json!({ "name": "Mine" }))).await;
    renamed.expect_problem(404, "not_found");

    // Ten minutes, and once.
    let options = client.passkey_options().await;
    app.advance(Duration::from_secs(600)).await;
    client.sign_in_with_passkey(of_ada.sign(&options)).await.expect_problem(403, "invalid_passkey");
    let answer = of_ada.answer(&client).await;
    client.sign_in_with_passkey(answer.clone()).await.expect(200);
    app.client().sign_in_with_passkey(answer).await.expect_problem(403, "invalid_passkey");
    assert_eq!(refusals(&app, "used"), 1);
    app.advance(Duration::from_secs(2 * 24 * 3600)).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM used_challenge").await, 0);
}

#[tokio::test]
async fn enrolment_needs_a_fresh_session() {
    let app = App::start().await;
    let ada = app.ada().await;
    let options = registration_options(&ada).await;
    app.advance(Duration::from_secs(16 * 60)).await;
    let attested = Passkey::make(&options).attest(&options);
    ada.send(Method::POST, "/v1/me/passkey/options", None).await.expect_problem(403, "reauthentication_required");
    ada.register_passkey(attested).await.expect_problem(403, "reauthentication_required");
}

#[tokio::test]
async fn the_passkey_of_a_user_who_may_not_sign_in_opens_nothing() {
    for how in ["disable", "delete", "reset"] {
        let app = App::start().await;
        let ada = app.ada().await;
        let (passkey, _) = Passkey::enrol(&ada).await;
        let client = app.client();
        let answer = passkey.answer(&client).await;
        match how {
            "disable" => drop(operator::apply(&app.state, AdminAction::Disable, EMAIL).await),
            "delete" => drop(ada.delete("/v1/me").await.expect(204)),
            _ => assert!(accounts::reset_second_factors(&app.state, operator::instruct(&app.state, EMAIL).await).await.unwrap()),
        }
        let expected = if how == "disable" { "invalid_passkey" } else { "unknown_passkey" };
        client.sign_in_with_passkey(answer).await.expect_problem(403, expected);
        assert_eq!(app.count("SELECT count(*) FROM passkey").await, i64::from(how == "disable"), "{how}");
        client.get_session().await.expect_problem(401, "unauthenticated");
    }
}

/// A counter that does not grow says that there is a copy of the key. Keys that may be copied count on each device by themselves.
#[tokio::test]
async fn a_copied_passkey_is_refused() {
    let app = App::start().await;
    let ada = app.ada().await;
    let (mut passkey, _) = Passkey::enrol(&ada).await;
    let sign_in = async |passkey: &Passkey| {
        let client = app.client();
        client.sign_in_with_passkey(passkey.answer(&client).await).await
    };
    for (count, status) in [(0, 200), (0, 200), (7, 200), (8, 200), (8, 403), (7, 403), (0, 403), (9, 200)] {
        passkey.sign_count = count;
        sign_in(&passkey).await.expect(status);
    }
    assert_eq!(app.state.metrics.events(Event::PasskeyCopied, ""), 3);
    passkey.flags |= BACKUP_ELIGIBLE | BACKED_UP;
    passkey.sign_count = 10;
    sign_in(&passkey).await.expect_problem(403, "invalid_passkey");
    assert_eq!(refusals(&app, "changed"), 1, "whether a passkey may be backed up never changes");

    let options = registration_options(&ada).await;
    let mut synced = Passkey::make(&options);
    synced.flags |= BACKUP_ELIGIBLE;
    ada.register_passkey(synced.attest(&options)).await.expect(201);
    for count in [5, 3, 0] {
        synced.sign_count = count;
        sign_in(&synced).await.expect(200);
    }
}

/// A thief adds a passkey; the mail about it takes the account back. An older factor stays.
#[tokio::test]
async fn taking_the_account_back_removes_the_passkey_of_a_thief() {
    for has_app in [false, true] {
        let app = App::configured(pages).await;
        let ada = app.ada().await;
        let authenticator = if has_app { Some(Authenticator::enrol(&app, &ada).await) } else { None };
        app.advance(Duration::from_secs(8 * 24 * 3600)).await;
        let thief = app.client();
        match &authenticator {
            None => drop(thief.sign_in(EMAIL, PASSWORD).await.expect(200)),
            Some(authenticator) => {
                thief.sign_in(EMAIL, PASSWORD).await.expect(202);
                thief.complete("totp", &authenticator.code(&app)).await.expect(200);
            }
        }
        let (passkey, _) = Passkey::enrol(&thief).await;
        let token = newest(&app, EMAIL, "/not-me#").await.unwrap();
        use_token(&app.client(), "not-me", &token).await.expect(204);
        thief.sign_in_with_passkey(passkey.answer(&thief).await).await.expect_problem(403, "unknown_passkey");
        assert_eq!(app.count("SELECT count(*) FROM totp").await, i64::from(has_app));
        assert_eq!(app.count("SELECT count(*) FROM user WHERE second_factor").await, i64::from(has_app));
        assert_eq!(app.count("SELECT count(*) FROM recovery_code").await, 0, "the thief may have read them");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_takes_an_answer() {
    let one = App::start().await;
    let two = one.another().await;
    let ada = one.ada().await;
    let (mut passkey, _) = Passkey::enrol(&ada).await;
    for count in 0..4 {
        passkey.sign_count = count;
        let answer = passkey.answer(&one.client()).await;
        let clients = [one.client(), two.client(), one.client(), two.client()];
        let answers = join_all(clients.iter().map(|client| client.sign_in_with_passkey(answer.clone()))).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403, 403, 403], "{answers:?}");
    }
    // One registration, on both nodes.
    let options = registration_options(&ada).await;
    let attested = Passkey::make(&options).attest(&options);
    let twins = [ada.snapshot(), ada.at(&two).snapshot()];
    let answers = join_all(twins.iter().map(|client| client.register_passkey(attested.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:?}");
    assert_eq!(one.count("SELECT count(*) FROM passkey").await, 2);
}

/// Either the sign-in is first, or the passkey is gone and opens nothing; with the last factor, no challenge stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_is_removed_on_another_node_opens_nothing_afterwards() {
    for round in 0..4 {
        let one = App::start().await;
        let two = one.another().await;
        let ada = one.ada().await;
        let (passkey, added) = Passkey::enrol(&ada).await;
        if round % 2 == 0 {
            Passkey::enrol(&ada).await;
        }
        let client = two.client();
        client.sign_in(EMAIL, PASSWORD).await.expect(202);
        let stranger = two.client();
        let (first, second) = (passkey.answer(&client).await, passkey.answer(&stranger).await);
        let remove = async { ada.delete(&format!("/v1/me/passkeys/{}", added.string("/passkey/id"))).await.expect(204) };
        let (_, completed, signed_in) =
            tokio::join!(remove, client.complete_with_passkey(first), stranger.sign_in_with_passkey(second));
        for answer in [&completed, &signed_in] {
            assert!(
                answer.status == 200
                    || ["invalid_passkey", "unknown_passkey", "invalid_challenge"].contains(&answer.code().as_str()),
                "{}",
                answer.text
            );
        }
        let late = one.client();
        late.sign_in_with_passkey(passkey.answer(&late).await).await.expect_problem(403, "unknown_passkey");
        let has_factor = one.count("SELECT count(*) FROM user WHERE second_factor").await;
        assert_eq!(has_factor, i64::from(round % 2 == 0));
        assert_eq!(one.count("SELECT count(*) FROM challenge").await, 0);
    }
}
