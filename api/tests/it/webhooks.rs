//! Webhooks: what an operator does with them, and receivers that misbehave.

use std::time::{Duration, Instant};

use bifrons::{maintenance, secret::ServerSecrets, webhooks};
use entity::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin_access::{HOUR, administrator, program},
    support::{
        Actor, App, EMAIL, PASSWORD,
        document::Document,
        receiver::{Delivery, Reaction, Receiver, app, subscribe},
        redis::until,
    },
};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn operator(app: &App) -> Actor {
    let within = 30 * 24 * HOUR;
    program(app, [Scope::WebhooksRead, Scope::WebhooksWrite, Scope::AuditRead], within).await.0
}

/// The deliveries of a webhook, newest first.
async fn deliveries(operator: &Actor, webhook: &str) -> Vec<Value> {
    operator.get(&format!("{webhook}/deliveries")).await.expect(200).json()["items"].as_array().unwrap().clone()
}

async fn until_failed(operator: &Actor, webhook: &str, why: &str) {
    until(async || deliveries(operator, webhook).await.iter().any(|one| one["failure"] == why)).await;
}

#[tokio::test]
async fn a_receiver_gets_the_events_that_it_asked_for_as_the_audit_trail_has_them() {
    let (app, all, some) = (app().await, Receiver::start().await, Receiver::start().await);
    let operator = operator(&app).await;
    subscribe(&operator, &all.url(), &[]).await;
    let (webhook, _) = subscribe(&operator, &some.url(), &["signed_in", "registered"]).await;
    let ada = app.client().with("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0");
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    // Refused: no user signed up or in, and refusals are not delivered.
    ada.sign_up(EMAIL, PASSWORD).await.expect(409);
    ada.sign_in(EMAIL, "not the password at all").await.expect(401);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.sign_out().await.expect(204);
    let events = |receiver: &Receiver| receiver.received().iter().map(Delivery::event).collect::<Vec<_>>();
    all.until_received(5).await;
    some.until_received(2).await;
    assert_eq!(events(&some), ["registered", "signed_in"]);
    // What an operator does is about no user, and has no order. A webhook learns of its own creation.
    let of_ada: Vec<_> = events(&all).into_iter().filter(|event| !event.starts_with("webhook_")).collect();
    assert_eq!((of_ada, events(&all).len()), (["registered", "signed_in", "session_ended"].map(str::to_owned).into(), 5));
    app.state.audit.flush(&app.state.db).await.unwrap();
    let trail = operator.get("/v1/admin/audit").await.expect(200).json()["items"].as_array().unwrap().clone();
    for delivery in all.received() {
        let body = delivery.json();
        let row = trail.iter().find(|row| row["id"] == body["data"]["id"]).unwrap();
        assert_eq!(body, json!({ "type": row["event"], "timestamp": row["time"], "data": row }));
        assert_eq!(
            (&delivery.headers["webhook-id"], &delivery.path),
            (&row["id"].as_str().unwrap().to_owned(), &"/hook".to_owned())
        );
        let header = |name: &str| delivery.headers[name].clone();
        assert_eq!(header("webhook-timestamp"), app.state.clock.now().seconds().to_string());
        assert_eq!(header("content-type"), "application/json");
        assert!(header("user-agent").starts_with("Bifrons/"));
    }
    let members = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    let page = Document::read("docs/webhooks.md");
    let sample = page.blocks().into_iter().find(|block| block.language == "json").unwrap().text;
    let (sample, ended) = (
        serde_json::from_str::<Value>(sample).unwrap(),
        all.received().into_iter().find(|one| one.event() == "session_ended").unwrap().json(),
    );
    assert_eq!((members(&sample), members(&sample["data"])), (members(&ended), members(&ended["data"])));
    // A user who is deleted takes address and `User-Agent` along, also from what is delivered later.
    let listed = deliveries(&operator, &webhook).await;
    assert_eq!((listed.len(), &listed[0]["event"], &listed[0]["status"]), (2, &json!("signed_in"), &json!("delivered")));
    let before = some.received().remove(0).json();
    assert_eq!(before["data"]["ip"], "127.0.0.1");
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.delete("/v1/me").await.expect(204);
    some.until_received(3).await;
    let again = json!({ "event_id": listed[1]["event_id"] });
    operator.post(&format!("{webhook}/replay"), again).await.expect(200);
    let repeated = some.until_received(4).await.remove(3).json();
    assert_eq!((&repeated["data"]["id"], repeated["data"].get("ip")), (&before["data"]["id"], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_misbehaves_holds_up_no_other() {
    let app = app().await;
    let operator = operator(&app).await;
    let good = Receiver::start().await;
    let elsewhere = format!("http://127.0.0.1:{}/elsewhere", good.port);
    let misbehaving = [
        (Reaction::Hang, "no answer within 10 s"),
        (Reaction::Status(500), "status 500"),
        (Reaction::Redirect(elsewhere), "status 307"),
        (Reaction::Close, "no answer: connection closed before message completed"),
    ];
    let mut failing = Vec::new();
    for (reaction, why) in misbehaving {
        let receiver = Receiver::with(move |_| reaction.clone()).await;
        let (webhook, _) = subscribe(&operator, &receiver.url(), &["registered"]).await;
        failing.push((webhook, why, receiver));
    }
    let endless = Receiver::with(|_| Reaction::Endless).await;
    subscribe(&operator, &endless.url(), &["registered"]).await;
    let (closed, _) = subscribe(&operator, "http://127.0.0.1:9/", &["registered"]).await;
    subscribe(&operator, &good.url(), &["registered"]).await;
    let begun = Instant::now();
    for n in 0..20 {
        app.client().sign_up(&format!("ada{n}@example.com"), PASSWORD).await.expect(201);
    }
    let arrived = good.until_received(20).await;
    // The one that hangs still holds all of its places, and no more.
    let hanging = &failing[0];
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(hanging.2.received().len(), 8);
    assert_eq!(arrived.iter().map(Delivery::user).collect::<std::collections::BTreeSet<_>>().len(), 20);
    assert!(arrived.iter().all(|one| one.path == "/hook"), "no redirect is followed");
    endless.until_received(20).await;
    for (webhook, why, _) in &failing {
        until_failed(&operator, webhook, why).await;
    }
    until(async || {
        deliveries(&operator, &closed)
            .await
            .iter()
            .all(|one| one["failure"].as_str().is_some_and(|why| why.starts_with("no connection: ")))
    })
    .await;
    // Of the gigabyte, a few KiB were read.
    let accepted = "SELECT count(*) FROM webhook_delivery WHERE status = 'delivered'";
    until(async || app.count(accepted).await == 40).await;
    assert_eq!(app.state.metrics.webhooks.deliveries.get(), 40);
}

/// The name of this machine resolves to a private address. Nothing but the check at the connection can know.
#[tokio::test]
async fn a_host_that_resolves_to_a_private_address_gets_nothing() {
    let app = App::start().await;
    let operator = operator(&app).await;
    let receiver = Receiver::start().await;
    let at = |host: &str| format!("https://{host}:{}/", receiver.port);
    let refused = operator.post("/v1/admin/webhooks", json!({ "url": at("127.0.0.1") })).await;
    assert_eq!(refused.expect_problem(422, "validation_failed").broken_rules(), [("url".to_owned(), "format".to_owned())]);
    let (webhook, _) = subscribe(&operator, &at("localhost"), &[]).await;
    operator.send(Method::POST, &format!("{webhook}/test"), None).await.expect(202);
    until_failed(&operator, &webhook, "the host has no public address").await;
    // Written when private addresses were allowed.
    app.execute(&format!("UPDATE webhook SET url = '{}'", receiver.url())).await;
    app.advance(HOUR).await;
    until_failed(&operator, &webhook, "the URL must begin with https://").await;
    app.execute(&format!("UPDATE webhook SET url = '{}'", at("127.0.0.1"))).await;
    app.advance(HOUR).await;
    until_failed(&operator, &webhook, "the URL must not name a private address").await;
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn a_delivery_is_dead_after_three_days_and_can_be_replayed() {
    let app = app().await;
    let operator = operator(&app).await;
    let is_broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let receiver = {
        let is_broken = std::sync::Arc::clone(&is_broken);
        let status = move |_: &_| Reaction::Status(if is_broken.load(std::sync::atomic::Ordering::SeqCst) { 503 } else { 200 });
        Receiver::with(status).await
    };
    let (webhook, _) = subscribe(&operator, &receiver.url(), &["registered"]).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    receiver.until_received(1).await;
    let newest = async || deliveries(&operator, &webhook).await.remove(0);
    until(async || newest().await["failure"] == "status 503").await;
    let delivery = newest().await;
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("waiting"), &json!(1)));
    // The gaps grow: the second attempt is due after seconds, and one after two days within hours.
    app.advance(Duration::from_secs(13)).await;
    receiver.until_received(2).await;
    until(async || newest().await["attempts"] == 2 && newest().await["failure"] == "status 503").await;
    app.advance(3 * DAY - HOUR).await;
    receiver.until_received(3).await;
    assert_eq!(newest().await["status"], "waiting");
    app.advance(2 * HOUR).await;
    until(async || newest().await["status"] == "dead").await;
    let metrics = &app.state.metrics;
    webhooks::measure(&app.state).await;
    assert_eq!((metrics.webhooks.dead.get(), metrics.webhooks.waiting.get(), metrics.webhooks.failures.get()), (1, 0, 4));
    app.advance(DAY).await;
    assert_eq!(receiver.received().len(), 4, "it is not tried again");
    is_broken.store(false, std::sync::atomic::Ordering::SeqCst);
    let replayed = operator.post(&format!("{webhook}/replay"), json!({})).await.expect(200).json();
    assert_eq!(replayed, json!({ "replayed": 1 }));
    let attempts = receiver.until_received(5).await;
    assert!(attempts.iter().all(|one| one.headers["webhook-id"] == attempts[0].headers["webhook-id"]));
    until(async || newest().await["status"] == "delivered").await;
    operator.post(&format!("{webhook}/replay"), json!({ "event_id": uuid::Uuid::nil() })).await.expect_problem(404, "not_found");
    // After a week it is listed no longer.
    app.advance(8 * DAY).await;
    maintenance::purge(&app.state).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM webhook_delivery WHERE event = 'registered'").await, 0);
}

#[tokio::test]
async fn an_operator_creates_changes_and_deletes_webhooks() {
    let app = app().await;
    let ada = administrator(&app).await;
    let receiver = Receiver::start().await;
    let (webhook, secret) = subscribe(&ada, &receiver.url(), &["signed_in", "registered", "signed_in"]).await;
    let read = ada.get(&webhook).await.expect(200).json();
    assert_eq!((&read["events"], &read["version"]), (&json!(["registered", "signed_in"]), &json!(1)));
    assert!(!read.to_string().contains(&secret) && secret.starts_with("whsec_"));
    for (body, field, rule) in [
        (json!({ "url": "https://user@example.com" }), "url", "format"),
        (json!({ "url": "no URL" }), "url", "format"),
        (json!({ "url": "https://example.com", "events": ["signed_in", "sign_in_refused"] }), "events.1", "one_of"),
        (json!({ "url": "https://example.com", "events": ["unknown"] }), "events.0", "one_of"),
        (json!({ "url": "https://example.com", "description": "a\u{7}" }), "description", "format"),
    ] {
        let refused = ada.post("/v1/admin/webhooks", body).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.broken_rules(), [(field.to_owned(), rule.to_owned())]);
    }
    let weak = ada.with("if-match", "W/\"1\"").delete(&webhook).await.expect_problem(422, "validation_failed");
    assert_eq!(weak.broken_rules(), [("If-Match".to_owned(), "format".to_owned())]);
    assert_eq!(ada.get(&webhook).await.header("etag"), "\"1\"");
    let patch = async |version: i64, body: Value| {
        ada.with("if-match", format!("\"{version}\"")).send(Method::PATCH, &webhook, Some(body)).await
    };
    patch(9, json!({ "enabled": false })).await.expect_problem(409, "version_conflict");
    let changed = patch(1, json!({ "enabled": false, "description": "CRM", "events": [] })).await.expect(200).json();
    assert_eq!((&changed["version"], &changed["description"], &changed["events"]), (&json!(2), &json!("CRM"), &json!([])));
    let unchanged = patch(2, json!({ "enabled": false })).await.expect(200).json();
    assert_eq!(unchanged, changed);
    let post = async |action: &str, body: Option<Value>| ada.send(Method::POST, &format!("{webhook}/{action}"), body).await;
    post("test", None).await.expect_problem(409, "webhook_disabled");
    post("replay", Some(json!({}))).await.expect_problem(409, "webhook_disabled");
    // Nothing is queued for a disabled webhook.
    app.client().sign_up("grace@example.com", PASSWORD).await.expect(201);
    assert!(deliveries(&ada, &webhook).await.is_empty());
    patch(2, json!({ "enabled": true, "description": null, "events": ["user_created"] })).await.expect(200);
    post("test", None).await.expect(202);
    let tested = receiver.until_received(1).await.remove(0);
    assert_eq!((tested.event(), tested.json()["data"]["detail"].clone()), ("webhook_tested".to_owned(), read["id"].clone()));
    let slow = post("rotate-secret", Some(json!({ "overlap_seconds": 604_801 }))).await.expect_problem(422, "validation_failed");
    assert_eq!(slow.broken_rules(), [("overlap_seconds".to_owned(), "maximum".to_owned())]);
    for n in 1..webhooks::MAX_WEBHOOKS {
        subscribe(&ada, &format!("https://hooks.example.com/{n}"), &["user_created"]).await;
    }
    let one_more = ada.post("/v1/admin/webhooks", json!({ "url": "https://hooks.example.com/" })).await;
    one_more.expect_problem(409, "too_many_webhooks");
    assert_eq!(ada.get("/v1/admin/webhooks").await.expect(200).json()["items"].as_array().unwrap().len(), 16);
    ada.with("if-match", "\"3\"").delete(&webhook).await.expect(204);
    ada.get(&webhook).await.expect_problem(404, "not_found");
    assert_eq!(app.count("SELECT count(*) FROM webhook_delivery").await, 0);
    let events = ["webhook_created", "webhook_changed", "webhook_tested", "webhook_deleted"];
    let counted = events.map(|event| format!("SELECT count(*) FROM audit_event WHERE event = '{event}'"));
    let counts =
        [app.count(&counted[0]).await, app.count(&counted[1]).await, app.count(&counted[2]).await, app.count(&counted[3]).await];
    assert_eq!(counts, [16, 2, 1, 1]);
}

#[tokio::test]
async fn the_secret_is_sealed_and_sealed_again() {
    let app = app().await;
    let operator = operator(&app).await;
    let (_, secret) = subscribe(&operator, "https://hooks.example.com/", &[]).await;
    let plain =
        data_encoding::HEXUPPER.encode(&data_encoding::BASE64.decode(secret.trim_start_matches("whsec_").as_bytes()).unwrap());
    assert_eq!(app.count(&format!("SELECT count(*) FROM webhook WHERE hex(secret) LIKE '%{plain}%'")).await, 0);
    let db = &app.state.db;
    assert_eq!(webhooks::reseal_webhooks(db, &app.state.secrets).await.unwrap(), (0, 0), "the newest secret sealed it");
    assert_eq!(webhooks::reseal_webhooks(db, &ServerSecrets::generate()).await.unwrap(), (0, 1));
}
