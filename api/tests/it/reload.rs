//! What a running service takes over at SIGHUP: origins, trusted proxies, the level of the log.

use std::{fs, path::Path, process::Command};

use reqwest::Method;
use tempfile::{TempDir, tempdir};

use crate::support::{EMAIL, PASSWORD, binary::Process, redis::until};

const ONE: &str = "http://localhost:5173";
const OTHER: &str = "http://localhost:5174";

/// A service with a configuration file, whose level the file decides.
struct Service {
    process: Process,
    folder: TempDir,
}

impl Service {
    fn start(configuration: &str) -> Self {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("bifrons.toml"), configuration).unwrap();
        // The environment would win over the file.
        let process = Process::start_under(&["env", "-u", "BIFRONS_LOG__LEVEL"], folder.path(), &[]);
        Self { process, folder }
    }

    fn log(&self) -> String {
        log(self.folder.path())
    }

    /// Changes the file, and waits for what the service says of it.
    async fn reload(&self, configuration: &str, says: &str) {
        let before = self.log().len();
        fs::write(self.folder.path().join("bifrons.toml"), configuration).unwrap();
        self.process.hang_up();
        until(async || self.log()[before..].contains(says)).await;
    }

    /// Whether a page of this origin may read answers with credentials, and whether it may change something.
    async fn accepts(&self, origin: &str) -> (bool, bool) {
        let page = self.process.client().with("origin", origin);
        let may_read = page.get("/v1/probe").await.headers.contains_key("access-control-allow-credentials");
        (may_read, page.ask(Method::POST, "/v1/probe").await.status() == 204)
    }
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap()
}

#[tokio::test]
async fn origins_are_taken_over_and_broken_ones_are_not() {
    let of = |origin: &str| format!("origins = [\"{origin}\"]\n");
    let service = Service::start(&of(ONE));
    assert_eq!((service.accepts(ONE).await, service.accepts(OTHER).await), ((true, true), (false, false)));
    service.reload(&of(OTHER), r#""key":"origins","from":"http://localhost:5173","to":"http://localhost:5174""#).await;
    assert_eq!((service.accepts(ONE).await, service.accepts(OTHER).await), ((false, false), (true, true)));
    for broken in [of("localhost:5173"), "origins = [".to_owned(), format!("{}no_such_key = 1\n", of(ONE))] {
        service.reload(&broken, "the configuration is invalid; the former one stays").await;
        assert_eq!((service.accepts(ONE).await, service.accepts(OTHER).await), ((false, false), (true, true)));
    }
    service.reload(&of(OTHER), "the configuration is the same").await;
    service.reload(&format!("dev_origins = [\"{ONE}\"]\n"), r#""key":"dev_origins""#).await;
    // A developer's page may change something, without cookies.
    assert_eq!((service.accepts(ONE).await, service.accepts(OTHER).await), ((false, true), (false, false)));
}

/// The attributes of the cookies follow from the origins. What else they follow from needs a restart, and then nothing changes.
#[tokio::test]
async fn cookies_follow_the_origins() {
    let file = |site: &str, origins: &str| format!("public_url = \"https://api.{site}\"\norigins = [{origins}]\n");
    let service = Service::start(&file("jazzmeet.site", ""));
    let attributes =
        async || service.process.client().post("/v1/probe", serde_json::json!({})).await.cookies()[0].attributes.clone();
    let lax = attributes().await;
    assert!(lax.contains(&"SameSite=Lax".to_owned()), "{lax:?}");
    let cross_site = "\"https://jazzmeet-admin.site\"";
    service.reload(&file("jazzmeet.site", cross_site), r#""key":"origins""#).await;
    let none = attributes().await;
    assert!(none.contains(&"SameSite=None".to_owned()) && none.contains(&"Partitioned".to_owned()), "{none:?}");
    let restart = r#""keys":"public_url, origins, mail.from""#;
    service.reload(&file("jazz.example", ""), restart).await;
    assert_eq!(attributes().await, none);
    service.reload(&file("jazzmeet.site", ""), r#""key":"origins""#).await;
    assert_eq!(attributes().await, lax);
}

#[tokio::test]
async fn trusted_proxies_are_taken_over() {
    let service = Service::start("");
    let behind = service.process.client().with("x-forwarded-for", "192.0.2.7");
    let client = async || {
        let id = behind.get("/health/live").await.header("x-request-id").to_owned();
        until(async || service.log().contains(&id)).await;
        let log = service.log();
        let line: serde_json::Value = serde_json::from_str(log.lines().find(|line| line.contains(&id)).unwrap()).unwrap();
        line["span"]["client"].as_str().unwrap().to_owned()
    };
    assert_eq!(client().await, "127.0.0.1");
    service.reload("proxy.trusted = [\"127.0.0.0/8\"]\n", r#""key":"proxy.trusted""#).await;
    assert_eq!(client().await, "192.0.2.7");
    service.reload("", r#""key":"proxy.trusted","from":"127.0.0.0/8","to":"""#).await;
    assert_eq!(client().await, "127.0.0.1");
}

#[tokio::test]
async fn the_level_of_the_log_is_taken_over() {
    let service = Service::start("log.level = \"warn\"\n");
    let client = service.process.client();
    let lines = || service.log().matches("\"answered\"").count();
    client.get("/health/live").await.expect(200);
    service.reload("log.level = \"info\"\n", r#""key":"log.level","from":"warn","to":"info""#).await;
    assert_eq!(lines(), 0);
    client.get("/health/live").await.expect(200);
    until(async || lines() == 1).await;
    // Lowered, it says nothing of it. A warning is the mark behind which no line follows.
    fs::write(service.folder.path().join("bifrons.toml"), "log.level = \"warn\"\nsessions.idle = \"2h\"\n").unwrap();
    service.process.hang_up();
    until(async || service.log().contains("restart the service to apply these settings")).await;
    client.get("/health/live").await.expect(200);
    service.reload("log.level = \"info\"\n", r#""to":"info""#).await;
    assert_eq!(lines(), 1);
    client.get("/health/live").await.expect(200);
    until(async || lines() == 2).await;
}

/// A secret is not shown, neither the old one nor the new one.
#[tokio::test]
async fn what_needs_a_restart_is_named_until_then() {
    let folder = tempdir().unwrap();
    let secret = |letter: &str| letter.repeat(42) + "A";
    let file = folder.path().join("secrets");
    fs::write(&file, secret("B")).unwrap();
    let from_file = format!("tokens.secrets_file = {file:?}\n");
    let service = Service::start(&from_file);
    let ada = service.process.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    fs::write(&file, format!("{}\n{}\n", secret("C"), secret("B"))).unwrap();
    for _ in 0..2 {
        service.reload(&from_file, r#""keys":"tokens.secrets""#).await;
    }
    service.reload(&format!("{from_file}sessions.idle = \"2h\"\n"), r#""keys":"tokens.secrets, sessions.idle""#).await;
    fs::write(&file, secret("B")).unwrap();
    service.reload(&from_file, "the configuration is the same").await;
    ada.get_session().await.expect(200);
    assert!(!service.log().contains("BBBB") && !service.log().contains("CCCC"));
}

/// A file that is gone is no file without settings.
#[tokio::test]
async fn a_file_that_is_gone_or_gives_nothing_changes_nothing() {
    let service = Service::start(&format!("origins = [\"{ONE}\"]\n"));
    let file = service.folder.path().join("bifrons.toml");
    let says = async |what: &str| {
        service.process.hang_up();
        until(async || service.log().contains(what)).await;
        assert_eq!(service.accepts(ONE).await, (true, true));
    };
    fs::remove_file(&file).unwrap();
    says("bifrons.toml: cannot be read").await;
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    says("bifrons.toml is no regular file, so it cannot be read again").await;
    fs::remove_file(&file).unwrap();
    service.reload(&format!("origins = [\"{OTHER}\"]\n"), r#""key":"origins""#).await;
    assert_eq!(service.accepts(ONE).await, (false, false));
}
