//! Many mails, several nodes, and nodes that die.

use std::{collections::BTreeSet, time::Duration};

use bifrons::audit::Event;
use tempfile::tempdir;

use crate::{
    limits::limited,
    mail::{app, forgot, sign_up},
    support::{
        App, EMAIL, PASSWORD,
        binary::{Process, run},
        redis::until,
        smtp::SmtpServer,
    },
};

#[tokio::test]
async fn one_slow_recipient_holds_no_other() {
    let server = SmtpServer::start("by-recipient");
    let app = App::configured(|config| config.mail = server.mail()).await;
    for n in 0..3 {
        sign_up(&app, &format!("slow{n}@example.com")).await;
        forgot(&app.client(), &format!("slow{n}@example.com")).await;
    }
    until(async || app.count("SELECT count(*) FROM outgoing_mail WHERE claimed_until > 0").await == 3).await;
    for n in 0..20 {
        sign_up(&app, &format!("ada{n}@example.com")).await;
        forgot(&app.client(), &format!("ada{n}@example.com")).await;
    }
    server.until_received(20).await;
    // The slow ones are still on their way.
    until(async || app.count("SELECT count(*) FROM outgoing_mail").await == 3).await;
    assert_eq!(server.mails().len(), 20);
}

#[tokio::test]
async fn three_nodes_send_each_mail_once() {
    let server = SmtpServer::start("ok");
    let one = app(server.mail()).await;
    let mail = |config: &mut bifrons::config::Config| config.mail = server.mail();
    let nodes = [one.reconfigured(mail).await, one.reconfigured(mail).await];
    for n in 0..40 {
        sign_up(&one, &format!("ada{n}@example.com")).await;
        let node = [&one, &nodes[0], &nodes[1]][n % 3];
        forgot(&node.client(), &format!("ada{n}@example.com")).await;
    }
    until(async || one.count("SELECT (SELECT count(*) FROM outgoing_mail) + (SELECT count(*) FROM reset_request)").await == 0)
        .await;
    let mails = server.mails();
    assert_eq!(mails.len(), 40);
    assert_eq!(mails.iter().map(|mail| &mail.to).collect::<BTreeSet<_>>().len(), 40);
}

/// Several nodes look up one request, and one of them counts its mail.
#[tokio::test]
async fn three_nodes_count_each_mail_once() {
    let limit = limited("1000/1m", "1000/1m", "1000/1m");
    let one = App::configured(limit).await;
    let nodes = [one.reconfigured(limit).await, one.reconfigured(limit).await];
    sign_up(&one, EMAIL).await;
    for n in 0..4 {
        forgot(&[&one, &nodes[0], &nodes[1]][n % 3].client(), EMAIL).await;
        for node in [&one, &nodes[0], &nodes[1]] {
            node.state.reset_requests.notify_one();
        }
        until(async || one.count("SELECT count(*) FROM reset_request").await == 0).await;
    }
    let sent =
        || [&one, &nodes[0], &nodes[1]].map(|node| node.state.metrics.events(Event::PasswordResetSent, "")).iter().sum::<u64>();
    until(async || sent() == 3).await;
}

/// SIGKILL while two nodes send. Every mail that was acknowledged arrives, and one that arrives twice has one Message-ID.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_loses_no_mail() {
    let (folder, server) = (tempdir().unwrap(), SmtpServer::start("ok"));
    let mut environment: Vec<_> = server.environment().to_vec();
    environment.push(("BIFRONS_MAIL__TIMEOUT", "1s".to_owned()));
    environment.push(("BIFRONS_LIMITS__ENABLED", "false".to_owned()));
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut nodes = [Process::start_with(folder.path(), &environment), Process::start_with(folder.path(), &environment)];
    for n in 0..25 {
        nodes[0].client().sign_up(&format!("ada{n}@example.com"), PASSWORD).await.expect(201);
    }
    let mut asked = 0;
    for n in 0..50 {
        let client = nodes[n % 2].client();
        for m in 0..3 {
            forgot(&client, &format!("ada{}@example.com", (n + m) % 25)).await;
            asked += 1;
        }
        tokio::time::sleep(Duration::from_millis(u64::from(bifrons::random::bytes::<1>()[0]) * 2)).await;
        std::mem::replace(&mut nodes[n % 2], Process::start_with(folder.path(), &environment)).kill();
    }
    let queue = || {
        let output = run(folder.path(), &["mail", "queue", "--json"], &environment);
        String::from_utf8(output.stdout).unwrap().lines().count()
    };
    // A mail of a killed node is sent after its claim: a minute and the time limit.
    let waiting = async {
        while queue() > 0 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), waiting).await.unwrap();
    let mails = server.mails();
    let distinct: BTreeSet<_> = mails.iter().map(|mail| (&mail.id, &mail.text)).collect();
    let ids: BTreeSet<_> = mails.iter().map(|mail| &mail.id).collect();
    assert_eq!(distinct.len(), ids.len(), "one Message-ID, one text");
    assert_eq!(ids.len(), asked, "of {} mails", mails.len());
}

/// A clock that was ahead wrote times that lie far in the future.
#[tokio::test]
async fn a_clock_that_was_wrong_delays_no_mail() {
    let mut server = SmtpServer::start("busy");
    let app = app(server.mail()).await;
    let times = [(EMAIL, "claimed_until"), ("grace@example.com", "next_attempt_at")];
    for (email, _) in times {
        sign_up(&app, email).await;
        forgot(&app.client(), email).await;
        let deferred = format!("SELECT count(*) FROM outgoing_mail WHERE recipient = '{email}' AND failure IS NOT NULL");
        until(async || app.count(&deferred).await == 1).await;
    }
    server.become_mode("ok");
    let future = app.state.clock.now().plus(Duration::from_secs(365 * 24 * 3600)).0;
    for (email, column) in times {
        app.execute(&format!(
            "UPDATE outgoing_mail SET next_attempt_at = 0 WHERE recipient = '{email}' AND '{column}' = 'claimed_until'"
        ))
        .await;
        app.execute(&format!("UPDATE outgoing_mail SET {column} = {future} WHERE recipient = '{email}'")).await;
    }
    server.until_received(2).await;
}

/// A mail whose answer is not awaited would be sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_finishes_the_mail_that_is_on_its_way() {
    let (folder, server) = (tempdir().unwrap(), SmtpServer::start("ok"));
    let environment = server.environment();
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut node = Process::start_with(folder.path(), &environment);
    node.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    server.signal("-STOP");
    forgot(&node.client(), EMAIL).await;
    let queue = || String::from_utf8(run(folder.path(), &["mail", "queue"], &environment).stdout).unwrap();
    until(async || queue().contains("on its way")).await;
    let (stopped, ()) = tokio::join!(tokio::task::spawn_blocking(move || node.stop()), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        server.signal("-CONT");
    });
    assert!(stopped.unwrap().success());
    assert_eq!(queue(), "the outbox is empty\n");
    assert_eq!(server.mails().len(), 1);
}
