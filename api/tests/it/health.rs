//! `bifrons health`, the health check of containers.

use std::fs;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{
    binary::{Process, free_port, refuses, run},
    redis::until,
    smtp::certificates,
};

#[tokio::test]
async fn health_is_that_of_the_node_of_the_configuration() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("bifrons.toml"), "drain_delay = \"5m\"\n").unwrap();
    let mut service = Process::start(folder);
    let everywhere = format!("0.0.0.0:{}", service.port);
    let environment = [("BIFRONS_LISTEN", everywhere.as_str()), ("BIFRONS_PUBLIC_URL", "https://auth.example.com")];
    let health = |arguments: &[&str]| run(folder, &[&["health"], arguments].concat(), &environment);
    let said = health(&[]);
    assert!(said.status.success(), "{said:?}");
    assert_eq!(String::from_utf8(said.stdout).unwrap(), "ok: database ok, Redis off\n");
    let answer: Value = serde_json::from_slice(&health(&["--json"]).stdout).unwrap();
    assert_eq!(answer, json!({ "status": "ok", "database": "ok", "redis": "off" }));

    // It needs no configuration that can be read, if it is told where.
    let url = format!("http://127.0.0.1:{}", service.port);
    let asked = |url: &str| run(folder, &["health", "--url", url], &[("BIFRONS_SESSIONS__IDLE", "wrong")]);
    assert!(asked(&url).status.success());
    refuses(&run(folder, &["health"], &[("BIFRONS_SESSIONS__IDLE", "wrong")]), 2, "BIFRONS_SESSIONS__IDLE");
    refuses(&run(folder, &["health"], &[("BIFRONS_LISTEN", "127.0.0.1:0")]), 1, "name it with --url");

    service.terminate();
    until(async || service.client().get("/health/ready").await.status == 503).await;
    refuses(&health(&["--json"]), 1, "answers 503");
    assert!(service.stop().success());
    refuses(&asked(&url), 1, "no connection");
}

/// The node's certificate names its public host, and the health check reaches it at another address.
#[tokio::test]
async fn health_of_a_node_with_a_certificate() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    certificates(folder);
    let tls = [("BIFRONS_TLS__CERT", "cert.pem"), ("BIFRONS_TLS__KEY", "key.pem")];
    let service = Process::start_with(folder, &tls);
    let listen = format!("127.0.0.1:{}", service.port);
    let said = run(folder, &["health"], &[tls[0], tls[1], ("BIFRONS_LISTEN", &listen)]);
    assert!(said.status.success(), "{said:?}");
    // Elsewhere it has to be trusted.
    refuses(&run(folder, &["health", "--url", &format!("https://127.0.0.1:{}", service.port)], &[]), 1, "no connection");
}

#[test]
fn health_of_another_server_is_none() {
    let folder = tempdir().unwrap();
    let port = free_port();
    let server = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let answers = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let mut connection = server.accept().unwrap().0;
        let _ = connection.read(&mut [0; 1024]).unwrap();
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").unwrap();
    });
    refuses(&run(folder.path(), &["health", "--url", &format!("http://127.0.0.1:{port}")], &[]), 1, "does not answer as a node");
    answers.join().unwrap();
}
