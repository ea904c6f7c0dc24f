//! New passwords are checked against a breach service: here a server on a local port.

use std::{net::TcpListener, time::Duration};

use bifrons::config::{BreachedConfig, OnFailure};

use crate::support::{Answer, App, EMAIL, PASSWORD, binary::Process, server::Server};

/// A password, and its SHA-1 after the first five digits B19CB.
const KNOWN: (&str, &str) = ("swordfish and chips", "2F5F0DACD7F24AB05EFD35CF144D4980113");

/// An app whose breach service listens on this port.
async fn app_with_service(port: u16, on_failure: OnFailure) -> App {
    let url = format!("http://127.0.0.1:{port}/range/");
    let breached = BreachedConfig { url, timeout: Duration::from_millis(300), on_failure };
    App::configured(|config| config.passwords.breached = Some(breached)).await
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

fn broken(refused: Answer) -> Vec<(String, String)> {
    refused.expect_problem(422, "validation_failed").broken_rules()
}

#[tokio::test]
async fn asvs_6_2_12_a_breached_password_is_refused_and_the_request_has_five_digits() {
    let padding = "0".repeat(35);
    let range = format!("{}:7\r\n{padding}:0\r\n", KNOWN.1);
    let service = Server::raw(move |_| ok(&range));
    let app = app_with_service(service.port, OnFailure::Refuse).await;
    let rule = |field: &str| [(field.to_owned(), "breached".to_owned())];
    assert_eq!(broken(app.client().sign_up(EMAIL, KNOWN.0).await), rule("password"));
    let ada = app.ada().await;
    assert_eq!(broken(ada.change_password(PASSWORD, KNOWN.0).await), rule("new_password"));
    ada.get_session().await.expect(200);
    let heard = service.requests.lock().unwrap().join("\n");
    assert!(heard.starts_with("GET /range/B19CB HTTP/1.1") && heard.contains("add-padding: true"), "{heard}");
    for secret in [KNOWN.0, KNOWN.1, PASSWORD, EMAIL] {
        assert!(!heard.to_uppercase().contains(&secret.to_uppercase()), "{heard}");
    }
}

#[tokio::test]
async fn asvs_6_2_12_without_a_response_the_configuration_decides() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let wrong = Server::raw(|_| b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec());
    let page = Server::raw(|_| ok("<html>You are not connected to the Internet</html>"));
    let endless = Server::raw(|_| ok(&format!("{}:1\r\n", "A".repeat(35)).repeat(50_000)));
    let nothing = Server::raw(|_| ok(""));
    let elsewhere =
        Server::raw(|_| b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec());
    for port in [closed, silent.local_addr().unwrap().port(), wrong.port, page.port, endless.port, nothing.port, elsewhere.port] {
        let app = app_with_service(port, OnFailure::Accept).await;
        app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
        assert_eq!(broken(app.client().sign_up("grace@example.com", "password1").await), [("password".into(), "common".into())]);
        let app = app_with_service(port, OnFailure::Refuse).await;
        app.client().sign_up(EMAIL, PASSWORD).await.expect_problem(503, "unavailable");
        assert_eq!(app.count("SELECT count(*) FROM user").await, 0);
    }
}

#[tokio::test]
async fn a_wrong_current_password_sends_no_request() {
    let service = Server::raw(|_| ok("00000000000000000000000000000000000:1\r\n"));
    let app = app_with_service(service.port, OnFailure::Refuse).await;
    let ada = app.ada().await;
    let before = service.requests.lock().unwrap().len();
    for _ in 0..3 {
        ada.change_password("not the password at all", "another horse entirely").await.expect_problem(403, "wrong_password");
    }
    app.client().sign_up(EMAIL, "another horse entirely").await.expect(409);
    assert_eq!(service.requests.lock().unwrap().len(), before);
    ada.change_password(PASSWORD, "another horse entirely").await.expect(200);
    assert_eq!(service.requests.lock().unwrap().len(), before + 1);
}

/// Requests that wait for a silent service leave file descriptors for the rest.
#[tokio::test(flavor = "multi_thread")]
async fn c_26_a_silent_breach_service_does_not_exhaust_file_descriptors() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/range/", silent.local_addr().unwrap().port());
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("BIFRONS_PASSWORDS__BREACHED_URL", url.as_str()),
        ("BIFRONS_PASSWORDS__BREACHED_TIMEOUT", "3s"),
        ("BIFRONS_LIMITS__ENABLED", "false"),
    ];
    let process = Process::start_under(&["prlimit", "--nofile=256:256"], folder.path(), &environment);
    let signing_up = (0..120).map(|n| {
        let client = process.client();
        async move { client.sign_up(&format!("{n}@example.com"), PASSWORD).await.status }
    });
    let statuses = futures_util::future::join_all(signing_up).await;
    assert!(statuses.iter().all(|status| *status == 201 || *status == 503), "{statuses:?}");
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("the database does not answer"), "{log}");
}
