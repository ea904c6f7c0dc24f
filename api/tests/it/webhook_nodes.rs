//! Deliveries to webhooks from several nodes, and from nodes that die.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bifrons::{clock::Clock, config::Config};
use entity::Scope;
use serde_json::json;
use tempfile::tempdir;

use crate::{
    admin_access::{HOUR, program},
    support::{
        Actor, App, EMAIL, PASSWORD,
        binary::{Process, run},
        receiver::{Delivery, Reaction, Receiver, app, subscribe},
        redis::until,
    },
};

fn private(config: &mut Config) {
    config.webhooks.private_addresses = true;
}

async fn operator(app: &App) -> Actor {
    program(app, [Scope::WebhooksRead, Scope::WebhooksWrite], 24 * HOUR).await.0
}

/// What each user did, in the order in which the receiver accepted it.
fn by_user(accepted: &[Delivery]) -> BTreeMap<String, Vec<String>> {
    let mut users = BTreeMap::<_, Vec<_>>::new();
    for delivery in accepted {
        users.entry(delivery.user()).or_default().push(delivery.event());
    }
    users
}

const WAITING: &str = "SELECT count(*) FROM webhook_delivery WHERE status = 'waiting'";

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_deliver_each_event_once_and_in_the_order_of_each_user() {
    let one = app().await;
    let two = one.reconfigured(private).await;
    let receiver = Receiver::start().await;
    subscribe(&operator(&one).await, &receiver.url(), &["registered", "signed_in", "password_changed", "session_ended"]).await;
    let users = (0..12).map(|n| {
        let [first, second] = if n % 2 == 0 { [&one, &two] } else { [&two, &one] };
        async move {
            let client = first.client();
            let email = format!("ada{n}@example.com");
            client.sign_up(&email, PASSWORD).await.expect(201);
            client.at(second).sign_in(&email, PASSWORD).await.expect(200);
            client.change_password(PASSWORD, "another horse entirely").await.expect(200);
            client.at(second).sign_out().await.expect(204);
        }
    });
    futures_util::future::join_all(users).await;
    receiver.until_received(48).await;
    until(async || one.count(WAITING).await == 0).await;
    let deliveries = receiver.received();
    assert_eq!(deliveries.len(), 48);
    assert_eq!(deliveries.iter().map(|one| &one.headers["webhook-id"]).collect::<BTreeSet<_>>().len(), 48);
    let users = by_user(&deliveries);
    assert_eq!(users.len(), 12);
    for events in users.values() {
        assert_eq!(*events, ["registered", "signed_in", "password_changed", "session_ended"]);
    }
    let counted = [&one, &two].map(|node| node.state.metrics.webhooks.deliveries.get());
    assert_eq!(counted.iter().sum::<u64>(), 48);
    assert!(counted.iter().all(|count| *count > 0), "both nodes deliver: {counted:?}");
}

/// What follows a delivery that fails waits for it, and other users do not.
#[tokio::test]
async fn a_delivery_that_fails_keeps_its_place_among_those_of_its_user() {
    let app = app().await;
    let is_broken = Arc::new(AtomicBool::new(true));
    let receiver = {
        let is_broken = Arc::clone(&is_broken);
        Receiver::with(move |one: &Delivery| match one.event().as_str() {
            "registered" if one.user().starts_with("019b") && is_broken.swap(false, Ordering::SeqCst) => Reaction::Status(500),
            _ => Reaction::Status(200),
        })
        .await
    };
    subscribe(&operator(&app).await, &receiver.url(), &["registered", "signed_in"]).await;
    let ada = app.ada().await;
    let id = ada.get_session().await.expect(200).string("/user/id");
    let grace = app.client();
    grace.sign_up("grace@example.com", PASSWORD).await.expect(201);
    grace.sign_in("grace@example.com", PASSWORD).await.expect(200);
    receiver.until_received(3).await;
    until(async || app.count(WAITING).await == 2).await;
    app.advance(Duration::from_secs(13)).await;
    let users = by_user(&receiver.until_received(5).await);
    assert_eq!(users[&id], ["registered", "registered", "signed_in"]);
    assert_eq!(users.values().map(Vec::len).sum::<usize>(), 5);
}

/// The row of the event and its deliveries are one transaction.
#[tokio::test]
async fn what_is_rolled_back_is_not_delivered_and_what_is_not_queued_does_not_happen() {
    let app = app().await;
    let receiver = Receiver::start().await;
    subscribe(&operator(&app).await, &receiver.url(), &["registered", "signed_in"]).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    receiver.until_received(1).await;
    for table in ["INSERT ON audit_event", "INSERT ON webhook_delivery"] {
        app.forbid(table).await;
        app.client().sign_in(EMAIL, PASSWORD).await.expect_problem(503, "unavailable");
        app.allow(table).await;
    }
    let rows = "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM audit_event WHERE event = 'signed_in')";
    assert_eq!((app.count(rows).await, app.count("SELECT count(*) FROM webhook_delivery").await), (0, 1));
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(receiver.until_received(2).await[1].event(), "signed_in");
}

/// SIGKILL after the receiver has a delivery and before the node notes it. Another node delivers it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_loses_no_delivery() {
    let folder = Arc::new(tempdir().unwrap());
    let hangs = Arc::new(AtomicBool::new(true));
    let receiver = {
        let hangs = Arc::clone(&hangs);
        Receiver::with(move |_| if hangs.load(Ordering::SeqCst) { Reaction::Hang } else { Reaction::Status(200) }).await
    };
    let environment = [("BIFRONS_WEBHOOKS__PRIVATE_ADDRESSES", "true")];
    let node = Process::start_with(folder.path(), &environment);
    let arguments = ["webhook", "create", &receiver.url(), "--events", "registered", "--json"];
    let created = run(folder.path(), &arguments, &environment);
    let created: serde_json::Value = serde_json::from_slice(&created.stdout).unwrap();
    assert_eq!(created["events"], json!(["registered"]));
    node.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let [first] = &receiver.until_received(1).await[..] else { panic!("one delivery") };
    node.kill();
    hangs.store(false, Ordering::SeqCst);
    // A minute later the claim has ended.
    let clock = Clock::manual(Clock::System.now().plus(Duration::from_secs(61)));
    let data = folder.path().join("data");
    let other = App::open(Arc::clone(&folder), clock, |config| {
        private(config);
        config.data_dir.clone_from(&data);
        config.database.url = format!("sqlite:{}", data.join("bifrons.db").display());
    });
    let other = other.await;
    let again = receiver.until_received(2).await;
    assert_eq!(again[1].headers["webhook-id"], first.headers["webhook-id"]);
    until(async || other.count(WAITING).await == 0).await;
    assert_eq!(receiver.received().len(), 2);
}
