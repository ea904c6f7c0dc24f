//! Other verifiers decide about deliveries: `standardwebhooks` of npm and of `PyPI`. `clients/passkeys/install` installs them.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use bifrons::clock::Clock;
use entity::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin_access::{HOUR, program},
    support::{
        App,
        binary::free_port,
        document::Document,
        receiver::{Delivery, Receiver, subscribe},
        redis::until,
    },
};

const JUDGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/passkeys");

/// The service, at the time of the verifiers.
async fn app() -> App {
    let clock = Clock::manual(Clock::System.now());
    App::open(Arc::new(tempfile::tempdir().unwrap()), clock, |config| config.webhooks.private_addresses = true).await
}

/// Which of the deliveries each judge accepts, each with its secret.
fn accepted(cases: &[(&Delivery, &str)]) -> Vec<bool> {
    let given: Vec<_> =
        cases.iter().map(|(one, secret)| json!({ "secret": secret, "headers": one.headers, "body": one.body })).collect();
    let judges = [["node", "webhooks.mjs"], [".venv/bin/python", "webhooks.py"]].map(|command| {
        let mut child = Command::new(command[0])
            .arg(command[1])
            .current_dir(JUDGES)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a judge: clients/passkeys/install installs it");
        child.stdin.take().unwrap().write_all(Value::from(given.clone()).to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{command:?} failed: clients/passkeys/install installs it");
        serde_json::from_slice::<Vec<Option<String>>>(&output.stdout).unwrap()
    });
    let [npm, pypi] = judges.map(|refusals| refusals.iter().map(Option::is_none).collect::<Vec<_>>());
    assert_eq!(npm, pypi);
    npm
}

#[tokio::test]
async fn other_verifiers_accept_deliveries_with_each_secret_that_signs() {
    let app = app().await;
    let (operator, _) = program(&app, [Scope::WebhooksRead, Scope::WebhooksWrite], 24 * HOUR).await;
    let receiver = Receiver::start().await;
    let (webhook, first) = subscribe(&operator, &receiver.url(), &["user_created"]).await;
    let test = async |count: usize| {
        operator.send(Method::POST, &format!("{webhook}/test"), None).await.expect(202);
        receiver.until_received(count).await.remove(count - 1)
    };
    let rotate = async |seconds: i32| {
        let rotated = operator.post(&format!("{webhook}/rotate-secret"), json!({ "overlap_seconds": seconds })).await.expect(200);
        rotated.string("/secret")
    };
    let before = test(1).await;
    let second = rotate(60).await;
    let during = test(2).await;
    app.advance(Duration::from_secs(60)).await;
    let after = test(3).await;
    let third = rotate(0).await;
    let at_once = test(4).await;
    let signatures = |one: &Delivery| one.headers["webhook-signature"].split(' ').count();
    assert_eq!([&before, &during, &after, &at_once].map(signatures), [1, 2, 1, 1]);
    let changed = Delivery { body: before.body.replace("webhook_tested", "user_created"), ..before.clone() };
    let mut moved = before.clone();
    moved.headers.insert("webhook-id".to_owned(), during.headers["webhook-id"].clone());
    let cases = [
        (&before, &first, true),
        (&before, &second, false),
        (&changed, &first, false),
        (&moved, &first, false),
        (&during, &first, true),
        (&during, &second, true),
        (&during, &third, false),
        (&after, &first, false),
        (&after, &second, true),
        (&at_once, &second, false),
        (&at_once, &third, true),
    ];
    let given: Vec<_> = cases.iter().map(|(one, secret, _)| (*one, secret.as_str())).collect();
    assert_eq!(accepted(&given), cases.map(|(.., is_accepted)| is_accepted));
}

/// The receiver of the page on webhooks.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_receiver_accepts_deliveries_with_its_secret_alone() {
    let app = app().await;
    let (operator, _) = program(&app, [Scope::WebhooksRead, Scope::WebhooksWrite], 24 * HOUR).await;
    let page = Document::read("docs/webhooks.md");
    let code = page.blocks().into_iter().find(|block| block.language == "js").unwrap().text.to_owned();
    let port = free_port();
    let (webhook, secret) = subscribe(&operator, &format!("http://127.0.0.1:{port}/"), &["user_created"]).await;
    let mut receiver = Command::new("node")
        .args(["--input-type=module", "-e", &code])
        .current_dir(JUDGES)
        .envs([("WEBHOOK_SECRET", secret), ("PORT", port.to_string())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    until(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
    let test = async || operator.send(Method::POST, &format!("{webhook}/test"), None).await.expect(202);
    test().await;
    let newest = async |member: &str| {
        operator.get(&format!("{webhook}/deliveries")).await.expect(200).json()["items"][0][member]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    until(async || newest("status").await == "delivered").await;
    let accepted = newest("event_id").await;
    operator.post(&format!("{webhook}/rotate-secret"), json!({ "overlap_seconds": 0 })).await.expect(200);
    test().await;
    until(async || newest("failure").await == "status 401").await;
    receiver.kill().unwrap();
    receiver.wait().unwrap();
    let output = receiver.stdout.take().unwrap();
    let lines: Vec<_> = BufReader::new(output).lines().map(Result::unwrap).collect();
    assert_eq!(lines, [format!("webhook_tested {accepted}")]);
}
