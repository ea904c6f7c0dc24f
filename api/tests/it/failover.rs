//! The primary of PostgreSQL dies under load, and its standby takes over.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bifrons::audit::Event;
use serde_json::json;

use crate::support::{Actor, App, PASSWORD, postgres::Postgres, proxy::Proxy, redis::until};

/// What the service acknowledged to one client.
#[derive(Default)]
struct Acknowledged {
    emails: Vec<String>,
    /// Clients that signed out.
    ended: Vec<Actor>,
    /// Clients that did not.
    live: Vec<Actor>,
}

/// Signs users up and in, and every second one out, until told to stop.
async fn load(app: &App, task: usize, stop: &AtomicBool) -> Acknowledged {
    let mut acknowledged = Acknowledged::default();
    for n in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let (client, email) = (app.client(), format!("u{n}-{task}@example.com"));
        if client.post("/v1/users", json!({"email": email, "password": PASSWORD})).await.status != 201 {
            // The database is away.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        acknowledged.emails.push(email.clone());
        if client.sign_in(&email, PASSWORD).await.status != 200 {
            continue;
        }
        let presented = client.snapshot();
        if n % 2 == 0 {
            acknowledged.live.push(presented);
        } else if client.sign_out().await.status == 204 {
            acknowledged.ended.push(presented);
        }
    }
    acknowledged
}

/// Runs a load, lets the primary die in it, and returns what was acknowledged before and after.
async fn fail_over(is_synchronous: bool) -> (App, Acknowledged, Postgres) {
    let mut primary = Postgres::start().await;
    let (proxy, replication) = (Proxy::start(primary.port()).await, Proxy::start(primary.port()).await);
    let app = Arc::new(
        App::configured(|config| config.database.url = primary.url().replace(&primary.port().to_string(), &proxy.port.to_string()))
            .await,
    );
    let standby = primary.standby(replication.port, is_synchronous).await;
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let (app, stop) = (Arc::clone(&app), Arc::clone(&stop));
            tokio::spawn(async move { load(&app, task, &stop).await })
        })
        .collect();
    let users = async || app.count("SELECT count(*) FROM user").await;
    until(async || users().await >= 20).await;
    // The node makes a mark, which the standby receives.
    tokio::time::sleep(Duration::from_secs(4)).await;
    if !is_synchronous {
        replication.silence();
        // And one that it does not.
        tokio::time::sleep(Duration::from_secs(4)).await;
    }
    primary.kill();
    standby.promote();
    proxy.point_at(standby.port());
    until(async || app.client().sign_up("after@example.com", PASSWORD).await.status < 500).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.store(true, Ordering::SeqCst);
    let mut all = Acknowledged::default();
    for task in tasks {
        let Acknowledged { emails, ended, live } = task.await.unwrap();
        all.emails.extend(emails);
        all.ended.extend(ended);
        all.live.extend(live);
    }
    let app = Arc::into_inner(app).unwrap();
    assert!(all.emails.len() > 20 && all.ended.len() > 5 && all.live.len() > 5, "the load did something");
    (app, all, standby)
}

/// How many acknowledged users, sessions and ends the database no longer has.
async fn count_lost(app: &App, all: &Acknowledged) -> [usize; 3] {
    let mut lost = [0; 3];
    for email in &all.emails {
        let count = app.count(&format!("SELECT count(*) FROM user WHERE email = '{email}'")).await;
        lost[0] += usize::from(count == 0);
    }
    for (index, clients, expected) in [(1, &all.live, 200), (2, &all.ended, 401)] {
        for client in clients {
            let status = client.get_session().await.status;
            assert!(matches!(status, 200 | 401), "{status}");
            lost[index] += usize::from(status != expected);
        }
    }
    lost
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_standby_has_every_acknowledged_write() {
    let (app, all, _standby) = fail_over(true).await;
    assert_eq!(count_lost(&app, &all).await, [0, 0, 0]);
    app.state.cache.clear();
    assert_eq!(count_lost(&app, &all).await, [0, 0, 0], "the database says the same as the cache");
    // Two marks later.
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert_eq!(app.state.metrics.events(Event::DatabaseWentBack, ""), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asynchronous_standby_loses_writes_and_the_node_says_so() {
    let (app, all, _standby) = fail_over(false).await;
    until(async || app.state.metrics.events(Event::DatabaseWentBack, "") == 1).await;
    let [users, sessions, _] = count_lost(&app, &all).await;
    assert!(users > 0 && sessions > 0, "the standby was behind: {users} users, {sessions} sessions");
    assert_eq!(app.count("SELECT count(*) FROM audit_event WHERE event = 'database_went_back'").await, 1);
}
