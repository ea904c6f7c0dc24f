//! Kills the process during its work. Every acknowledged change is stored afterwards. Any other change is stored completely or not at all.

use std::{collections::BTreeMap, path::Path, time::Duration};

use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::support::{Actor, EMAIL, PASSWORD, binary::Process, redis::until};

/// Milliseconds from the request to the kill: before, during and after the work.
const MOMENTS: [u64; 8] = [0, 1, 2, 4, 8, 16, 32, 64];

#[tokio::test(flavor = "multi_thread")]
async fn c_17_a_kill_during_a_refresh_leaves_one_successor() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let mut token = service.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/refresh_token");
    let mut service = Some(service);
    for moment in MOMENTS {
        let running = service.take().unwrap();
        let (client, presented) = (running.client(), token.clone());
        let refreshing = tokio::spawn(async move { client.try_refresh(&presented).await });
        tokio::time::sleep(Duration::from_millis(moment)).await;
        running.kill();
        let answered = refreshing.await.unwrap();
        let again = Process::start(folder.path());
        let successor = again.client().refresh(&token).await.expect(200).string("/tokens/refresh_token");
        if let Some(answered) = answered {
            assert_eq!(answered, successor, "one successor");
        }
        token = successor;
        service = Some(again);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c_18_a_kill_during_a_sign_up_leaves_the_whole_user_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Some(Process::start(folder.path()));
    for (n, moment) in MOMENTS.into_iter().enumerate() {
        let running = service.take().unwrap();
        let (client, email) = (running.client(), format!("p{n}@example.com"));
        let address = email.clone();
        let signing_up = tokio::spawn(async move { client.try_sign_up(&address, PASSWORD).await });
        tokio::time::sleep(Duration::from_millis(moment)).await;
        running.kill();
        let acknowledged = signing_up.await.unwrap();
        let again = Process::start(folder.path());
        let status = again.client().sign_up(&email, PASSWORD).await.status;
        assert!(status == 409 || (status == 201 && !acknowledged), "an acknowledged sign-up is lost");
        again.client().sign_in(&email, PASSWORD).await.expect(200);
        service = Some(again);
    }
}

const KILLS: u64 = 12;

/// Changes that the service acknowledged before it was killed.
#[derive(Default)]
struct Acknowledged {
    emails: Vec<String>,
    /// The newest refresh token of each grant.
    tokens: Vec<String>,
}

/// One acknowledged change of a load.
enum Change {
    Registered(String),
    /// The number of the grant, and its newest token.
    Issued(u64, String),
}

/// Kills the process during its start and during requests.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_no_acknowledged_change() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::default();
    for round in 0..KILLS {
        kill_under_load(folder.path(), round, &mut acknowledged).await;
    }
    let Acknowledged { emails, tokens } = acknowledged;
    assert!(emails.len() > 3 && !tokens.is_empty(), "too few changes: {} users, {} grants", emails.len(), tokens.len());
    let service = Process::start(folder.path());
    for email in &emails {
        service.client().sign_in(email, PASSWORD).await.expect(200);
    }
    // The last acknowledged token is current, or its successor was created and the answer lost. If that was longer ago than the grace
    // time, the service reports reuse.
    let mut reused = 0;
    for token in &tokens {
        let answer = service.client().refresh(token).await;
        if answer.status != 200 {
            answer.expect_problem(401, "refresh_reused");
            reused += 1;
        }
    }
    assert!(reused <= KILLS, "each kill loses at most one answer: {reused} of {} tokens were reused", tokens.len());
    drop(service);
    expect_consistent(folder.path()).await;
}

/// The first rounds kill the process during its start, the later ones after more and more acknowledged changes.
async fn kill_under_load(folder: &Path, round: u64, acknowledged: &mut Acknowledged) {
    let service = Process::start(folder);
    let (changes, mut received) = unbounded_channel();
    let load = tokio::spawn(load(service.client(), round, changes));
    until(async || round < 4 || received.len() as u64 >= round).await;
    tokio::time::sleep(Duration::from_millis(5 + 13 * (round % 5))).await;
    service.kill();
    load.await.unwrap_err();
    acknowledged.add(&mut received);
}

/// Signs users up and refreshes their tokens until a request fails.
async fn load(client: Actor, round: u64, changes: UnboundedSender<Change>) {
    for n in 0.. {
        let email = format!("user-{round}-{n}@example.com");
        client.sign_up(&email, PASSWORD).await.expect(201);
        changes.send(Change::Registered(email.clone())).unwrap();
        let mut token = client.tokens(&email, PASSWORD).await.expect(200).string("/tokens/refresh_token");
        for _ in 0..5 {
            changes.send(Change::Issued(n, token.clone())).unwrap();
            token = client.refresh(&token).await.expect(200).string("/tokens/refresh_token");
        }
    }
}

impl Acknowledged {
    fn add(&mut self, received: &mut UnboundedReceiver<Change>) {
        let mut newest = BTreeMap::new();
        while let Ok(change) = received.try_recv() {
            match change {
                Change::Registered(email) => self.emails.push(email),
                Change::Issued(grant, token) => drop(newest.insert(grant, token)),
            }
        }
        self.tokens.extend(newest.into_values());
    }
}

async fn expect_consistent(folder: &Path) {
    let db = Database::connect(format!("sqlite:{}", folder.join("data/bifrons.db").display())).await.unwrap();
    for inconsistent in [
        "SELECT count(*) FROM session WHERE user_id NOT IN (SELECT id FROM user)",
        "SELECT count(*) FROM session WHERE (mode = 'cookie') != (secret_hash IS NOT NULL)",
        "SELECT count(*) FROM session WHERE (mode = 'token') != (id IN (SELECT session_id FROM token_grant))",
        "SELECT count(*) FROM token_grant WHERE (generation > 0) != (rotated_at IS NOT NULL)",
        "SELECT count(*) FROM session WHERE (ended_at IS NULL) != (ended_because IS NULL) OR idle_expires_at > expires_at",
        "SELECT count(*) FROM user LEFT JOIN password ON user_id = id WHERE hash IS NULL OR hash NOT LIKE '$argon2id$%' OR email_canonical = ''",
        "SELECT count(*) FROM session WHERE (SELECT count(*) FROM audit_event WHERE event = 'signed_in' AND session_id = session.id) != 1",
        "SELECT count(*) FROM user WHERE (SELECT count(*) FROM audit_event WHERE event = 'registered' AND user_id = user.id) != 1",
        "SELECT count(*) FROM audit_event WHERE event = 'signed_in' AND session_id NOT IN (SELECT id FROM session)",
        "SELECT count(*) FROM audit_event WHERE event = 'registered' AND user_id NOT IN (SELECT id FROM user)",
        "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check != 'ok'",
        "SELECT count(*) FROM pragma_foreign_key_check",
    ] {
        let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, inconsistent)).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 0, "{inconsistent}");
    }
}
