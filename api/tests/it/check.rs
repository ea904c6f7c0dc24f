//! `bifrons check`: each part of a deployment is there, or taken away.

use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{
    binary::{Process, free_port, run},
    nginx::Nginx,
    redis::RedisServer,
    smtp::SmtpServer,
};

/// State, detail and remedy of each finding, by what it is about; and the exit code.
struct Checked {
    findings: Vec<Value>,
    code: Option<i32>,
}

impl Checked {
    fn run(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let output = run(folder, &["check", "--json"], environment);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {said}"));
        assert!(!said.contains("panicked"), "{said}");
        Self { findings: printed["findings"].as_array().unwrap().clone(), code: output.status.code() }
    }

    fn all(&self, state: &str) -> Vec<&str> {
        let those = self.findings.iter().filter(|finding| finding["state"] == state);
        those.map(|finding| finding["check"].as_str().unwrap()).collect()
    }

    /// Expects one finding of this state, which says this. What is neither ok nor off has a remedy.
    #[track_caller]
    fn says(&self, about: &str, state: &str, detail: &str) {
        let [finding] = self.findings.iter().filter(|finding| finding["check"] == about).collect::<Vec<_>>()[..] else {
            panic!("{about}: {:?}", self.findings)
        };
        assert!(finding["state"] == state && finding["detail"].as_str().unwrap().contains(detail), "{finding}");
        assert_eq!(finding["remedy"].is_string(), ["warning", "failed"].contains(&state), "{finding}");
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[test]
fn a_deployment_that_lacks_nothing_and_one_whose_node_is_away() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let missing = Checked::run(folder, &[]);
    missing.says("database", "failed", "there is no database of Bifrons");
    let mut service = Process::start(folder);
    let public = url(service.port);
    let environment = [("BIFRONS_PUBLIC_URL", public.as_str())];
    let checked = Checked::run(folder, &environment);
    assert_eq!((checked.code, checked.all("failed")), (Some(0), Vec::new()), "{:?}", checked.findings);
    assert_eq!(checked.all("warning"), ["mail"]);
    assert_eq!(checked.all("off"), ["redis", "certificate"]);
    checked.says("proxies", "ok", "the nodes see this machine as 127.0.0.1");
    checked.says("signing keys", "ok", "signs since");

    let lines = run(folder, &["check"], &environment);
    let lines = String::from_utf8(lines.stdout).unwrap();
    assert_eq!(lines.lines().filter(|line| !line.starts_with(' ')).count(), checked.findings.len(), "a line each:\n{lines}");
    assert!(lines.contains("→ name a mail server in mail.url"), "{lines}");

    let other = [("BIFRONS_TOKENS__SECRETS", "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"), environment[0]];
    let other = Checked::run(folder, &other);
    assert_eq!(other.code, Some(1));
    other.says("server secret", "failed", "lacks the secret that the nodes on this database sign with");
    other.says("signing keys", "failed", "sealed under a secret");

    service.stop();
    let stopped = Checked::run(folder, &environment);
    assert_eq!((stopped.code, stopped.all("failed")), (Some(1), vec!["public_url"]));
    stopped.says("public_url", "failed", "Connection refused");
}

#[tokio::test]
async fn servers_that_are_away_and_servers_that_answer() {
    let folder = tempdir().unwrap();
    let service = Process::start(folder.path());
    let public = url(service.port);
    let (closed, redis, smtp) = (free_port(), RedisServer::start().await, SmtpServer::start("ok"));
    let (redis_away, mail_away) = (format!("redis://127.0.0.1:{closed}"), format!("smtp+plain://127.0.0.1:{closed}"));
    let away = [("BIFRONS_REDIS__URL", redis_away.as_str()), ("BIFRONS_MAIL__URL", &mail_away), ("BIFRONS_PUBLIC_URL", &public)];
    let checked = Checked::run(folder.path(), &[away.as_slice(), &[("BIFRONS_MAIL__FROM", "bifrons@example.com")]].concat());
    assert_eq!((checked.code, checked.all("failed")), (Some(1), vec!["redis", "mail"]), "{:?}", checked.findings);

    let (redis, mail) = (redis.url(), smtp.environment());
    let mut there = vec![("BIFRONS_REDIS__URL", redis.as_str()), ("BIFRONS_PUBLIC_URL", &public)];
    there.extend(mail.iter().map(|(name, value)| (*name, value.as_str())));
    let checked = Checked::run(folder.path(), &there);
    assert_eq!((checked.code, checked.all("failed"), checked.all("warning")), (Some(0), vec![], vec![]), "{:?}", checked.findings);
    assert!(smtp.mails().is_empty(), "no mail is sent");

    let wrong = mail[0].1.replace("mail%20server", "wrong%20server");
    assert_ne!(wrong, mail[0].1);
    there.push((mail[0].0, &wrong));
    Checked::run(folder.path(), &there).says("mail", "failed", "AUTH: 535");
}

/// nginx connects from an address that the nodes trust. It keeps, drops, or hands on what the caller wrote.
#[tokio::test]
async fn what_a_proxy_says_of_callers() {
    let folder = tempdir().unwrap();
    let trusted = [("BIFRONS_PROXY__TRUSTED", "127.0.0.2")];
    let service = Process::start_with(folder.path(), &trusted);
    let cases = [
        ("$proxy_add_x_forwarded_for", "ok", "the nodes see this machine as 127.0.0.1"),
        ("\"\"", "failed", "the nodes see each caller as the proxy 127.0.0.2"),
        ("$http_x_forwarded_for", "failed", "an X-Forwarded-For that the caller wrote"),
    ];
    let cases = cases.map(|case| (free_port(), case));
    let servers = cases.map(|(port, (header, ..))| {
        format!(
            "server {{ listen 127.0.0.1:{port}; location / {{ proxy_bind 127.0.0.2; proxy_pass {}; proxy_set_header \
             X-Forwarded-For {header}; }} }}\n",
            url(service.port)
        )
    });
    let _nginx = Nginx::start(&servers.concat(), cases[2].0).await;
    for (port, (header, state, detail)) in cases {
        let public = url(port);
        let checked = Checked::run(folder.path(), &[trusted[0], ("BIFRONS_PUBLIC_URL", &public)]);
        checked.says("public_url", "ok", "leads to a node");
        checked.says("proxies", state, detail);
        assert_eq!(checked.code, Some(i32::from(state == "failed")), "{header}");
    }
    let untrusted = url(cases[1].0);
    let checked = Checked::run(folder.path(), &[("BIFRONS_PUBLIC_URL", &untrusted)]);
    checked.says("proxies", "warning", "as 127.0.0.2, which it is not");
    let all = [("BIFRONS_PROXY__TRUSTED", "127.0.0.0/8"), ("BIFRONS_PUBLIC_URL", &*url(cases[2].0))];
    Checked::run(folder.path(), &all).says("proxies", "warning", "this machine is in proxy.trusted");
}
