//! What the lines of a log say about the process and about whose requests it served.

use std::{fs, path::Path};

use bifrons::clock::Clock;
use serde_json::Value;
use tempfile::tempdir;

use crate::support::{
    EMAIL, PASSWORD,
    binary::{Process, free_port, run},
    redis::until,
    smtp::certificates,
};

fn lines(folder: &Path) -> Vec<Value> {
    fs::read_to_string(folder.join("log")).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn says<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["message"] == message).collect()
}

#[tokio::test]
async fn a_process_logs_its_start_and_its_stop() {
    let (one, other) = (tempdir().unwrap(), tempdir().unwrap());
    let start = |folder: &Path, idle: &str| {
        let environment = [("BIFRONS_SESSIONS__IDLE", idle), ("BIFRONS_TOKENS__SECRETS", &("A".repeat(42) + "A"))];
        let mut service = Process::start_with(folder, &environment);
        let port = service.port;
        assert!(service.stop().success());
        port
    };
    let port = start(one.path(), "1h");
    start(other.path(), "1h");
    start(other.path(), "2h");
    let (one, other) = (lines(one.path()), lines(other.path()));
    assert_eq!((&one[0]["message"], &one[0]["version"]), (&"starting".into(), &env!("CARGO_PKG_VERSION").into()));
    assert_eq!(says(&one, "started")[0]["listen"], format!("127.0.0.1:{port}"));
    assert_eq!(one.last().unwrap()["message"], "stopped");
    let fingerprints: Vec<_> = says(&other, "starting").into_iter().map(|line| &line["configuration"]).collect();
    assert_eq!(fingerprints[0], &one[0]["configuration"], "the same settings");
    assert!(fingerprints[0].as_str().unwrap().len() == 12 && fingerprints[0] != fingerprints[1], "{fingerprints:?}");
}

/// What collects the log reads JSON, and the reason of a failed start is what it must not lose.
#[test]
fn the_reasons_of_a_failed_start_have_the_format_of_the_log() {
    let folder = tempdir().unwrap();
    for (environment, code, json) in [
        (&[("BIFRONS_LISTEN", "nonsense"), ("BIFRONS_SESSIONS__IDLE", "soon")][..], 2, true),
        (&[("BIFRONS_LISTEN", "192.0.2.1:1"), ("BIFRONS_PUBLIC_URL", "https://auth.example.com")], 1, true),
        (&[("BIFRONS_CONFIG", "nowhere.toml")], 2, true),
        (&[("BIFRONS_LISTEN", "nonsense"), ("BIFRONS_LOG__FORMAT", "text")], 2, false),
        (
            &[
                ("BIFRONS_LISTEN", "192.0.2.1:1"),
                ("BIFRONS_PUBLIC_URL", "https://auth.example.com"),
                ("BIFRONS_LOG__FORMAT", "text"),
            ],
            1,
            false,
        ),
    ] {
        let output = run(folder.path(), &["serve"], environment);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        let errors = said.lines().filter(|line| line.contains("\"level\":\"ERROR\"")).count();
        assert_eq!((errors > 0, said.contains("bifrons: ")), (json, !json), "{said}");
        assert!(!json || said.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{said}");
    }
    let two = run(folder.path(), &[], &[("BIFRONS_LISTEN", "nonsense"), ("BIFRONS_SESSIONS__IDLE", "soon")]);
    let errors: Vec<Value> = String::from_utf8_lossy(&two.stderr).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!([&errors[0]["key"], &errors[1]["key"]], ["BIFRONS_LISTEN", "BIFRONS_SESSIONS__IDLE"]);
}

#[tokio::test]
async fn a_request_names_its_user_and_its_session() {
    let folder = tempdir().unwrap();
    let mut service = Process::start(folder.path());
    let ada = service.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let mut named = vec![ada.sign_in(EMAIL, PASSWORD).await.expect(200)];
    let (user, session) = (named[0].string("/session/user/id"), named[0].string("/session/id"));
    named.push(ada.get_session().await.expect(200));
    let unnamed = service.client().get_session().await.expect(401);
    let tokens = service.client().tokens(EMAIL, PASSWORD).await.expect(200);
    let refreshed = service.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    assert!(service.stop().success());
    let lines = lines(folder.path());
    let line = |id: &str| *says(&lines, "answered").iter().find(|line| line["span"]["request"] == id).unwrap();
    for answer in &named {
        let line = line(answer.header("x-request-id"));
        assert_eq!((&line["user"], &line["session"]), (&user.as_str().into(), &session.as_str().into()), "{line}");
    }
    let line_of_refresh = line(refreshed.header("x-request-id"));
    assert_eq!(line_of_refresh["session"], refreshed.string("/session/id"));
    let line = line(unnamed.header("x-request-id"));
    assert!(line.get("user").is_none() && line.get("session").is_none(), "{line}");
}

#[tokio::test]
async fn the_id_of_a_trusted_proxy_is_kept() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("bifrons.toml"), "proxy.trusted = [\"127.0.0.1\"]\n").unwrap();
    let trusting = Process::start(folder.path());
    let elsewhere = tempdir().unwrap();
    let other = Process::start(elsewhere.path());
    let id = "6120747261636520746861742069732e";
    let kept = "61207472-6163-6520-7468-61742069732e";
    for sent in [id, kept] {
        let answer = trusting.client().with("x-request-id", sent).get_session().await.expect(401);
        assert_eq!((answer.header("x-request-id"), answer.string("/instance")), (kept, format!("urn:uuid:{kept}")));
        assert_ne!(other.client().with("x-request-id", sent).get_session().await.header("x-request-id"), kept);
    }
    for wrong in ["", "1", "none", "61207472-6163-6520-7468-61742069732e x"] {
        let answer = trusting.client().with("x-request-id", wrong).get_session().await.expect(401);
        assert_eq!(answer.header("x-request-id").len(), 36, "{wrong}");
        assert_ne!(answer.header("x-request-id"), kept);
    }
}

#[tokio::test]
async fn build_process_and_connections_are_measured() {
    let folder = tempdir().unwrap();
    certificates(folder.path());
    let admin = format!("127.0.0.1:{}", free_port());
    let environment =
        [("BIFRONS_ADMIN_LISTEN", admin.as_str()), ("BIFRONS_TLS__CERT", "cert.pem"), ("BIFRONS_TLS__KEY", "key.pem")];
    let service = Process::start_with(folder.path(), &environment);
    let metrics = async || reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
    // Before the first poll there is no number.
    until(async || !metrics().await.contains("bifrons_last_poll_seconds NaN")).await;
    let text = metrics().await;
    let written = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {name} in\n{text}"))
    };
    let read = |name: &str| written(name).parse::<f64>().unwrap();
    let number = |whole: u64| f64::from(u32::try_from(whole).unwrap());
    assert!(text.contains(&format!("\nbifrons_build_info{{version=\"{}\",commit=\"", env!("CARGO_PKG_VERSION"))), "{text}");
    let (now, memory) = (number(Clock::System.now().0.cast_unsigned() / 1000), number(service.memory()) * 1024.0);
    assert!((now - read("process_start_time_seconds")).abs() < 120.0);
    assert!(read("process_resident_memory_bytes") > memory / 2.0 && read("process_resident_memory_bytes") < memory * 2.0);
    assert!(read("process_cpu_seconds_total") > 0.0 && read("process_open_fds") > 5.0 && read("process_threads") > 1.0);
    assert!((read("process_max_fds") - number(service.file_limit())).abs() < 0.5);
    assert_eq!(written("bifrons_database_connections_max"), "2");
    assert!(read("bifrons_database_connections_used") <= 2.0);
    assert!(read("bifrons_last_poll_seconds") < 60.0);
    let days = (read("bifrons_certificate_expires_seconds") - now) / 86_400.0;
    assert!((3650.0..3653.0).contains(&days), "{days}");
}
