//! Connections that break the protocol or its limits, over raw sockets.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{App, EMAIL, PASSWORD, binary::Process, redis::until};

async fn exchange(app: &App, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    connection.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(60), connection.read_to_end(&mut answer)).await.expect("the service closes");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn c_24_missing_headers_close_the_connection() {
    let app = App::start().await;
    for request in [b"".as_slice(), b"GET /health/live HTTP/1.1\r\nHost: x\r\n"] {
        let answer = exchange(&app, request).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    app.client().get("/health/live").await.expect(200);
}

#[tokio::test]
async fn c_24_a_missing_body_is_408() {
    let app = App::start().await;
    let answer = exchange(&app, b"POST /v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{").await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
}

#[tokio::test]
async fn c_22_too_large_requests_are_refused_early() {
    let app = App::start().await;
    let header = format!("GET /health/live HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(100_000));
    assert!(exchange(&app, header.as_bytes()).await.starts_with("HTTP/1.1 431"));
    let many = format!("GET /health/live HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(1000));
    assert!(exchange(&app, many.as_bytes()).await.starts_with("HTTP/1.1 431"));
    let target = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(100_000));
    let answer = exchange(&app, target.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 414") || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let chunked = [b"POST /v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice(), b"11000\r\n", &vec![b'x'; 0x11000], b"\r\n0\r\n\r\n"].concat();
    let answer = exchange(&app, &chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn asvs_4_2_1_requests_with_two_lengths_are_refused() {
    let app = App::start().await;
    for smuggled in [
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 1x\r\n",
    ] {
        let request = format!(
            "POST /v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n{smuggled}\r\n{{}}"
        );
        let answer = exchange(&app, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{smuggled}: {answer}");
    }
}

/// A new connection, if the service answers on it.
async fn connect(app: &App) -> Option<TcpStream> {
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    let _ = connection.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut begin = [0; 12];
    let read = connection.read_exact(&mut begin).await;
    (read.is_ok() && begin == *b"HTTP/1.1 200").then_some(connection)
}

#[tokio::test]
async fn c_21_connections_are_limited_in_all_and_by_network() {
    for proxies in ["", "127.0.0.0/8"] {
        let environment =
            [("BIFRONS_CONNECTIONS__MAX", "5"), ("BIFRONS_CONNECTIONS__PER_NETWORK", "3"), ("BIFRONS_PROXY__TRUSTED", proxies)];
        let app = App::with_environment(&environment).await;
        let mut open = Vec::new();
        while let Some(connection) = connect(&app).await {
            open.push(connection);
        }
        assert_eq!(open.len(), if proxies.is_empty() { 3 } else { 5 }, "a trusted proxy has no limit of its own");
        drop(open.pop());
        until(async || connect(&app).await.is_some()).await;
    }
}

#[tokio::test]
async fn c_24_a_client_that_reads_no_answer_is_disconnected() {
    let app = App::start().await;
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    let request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    // Sends requests and reads no answer: first the buffers of both sides fill up, then the write timeout expires.
    let disconnected = async { while connection.write_all(&request).await.is_ok() {} };
    assert!(tokio::time::timeout(Duration::from_secs(60), disconnected).await.is_ok(), "the service never disconnects");
    app.client().get("/health/live").await.expect(200);
}

fn sign_in_bytes(password: &str) -> Vec<u8> {
    let body = format!(r#"{{"email":"{EMAIL}","password":"{password}"}}"#);
    let head =
        format!("POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.into_bytes(), body.into_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn c_19_a_client_that_disconnects_at_any_moment_leaks_nothing() {
    let app = App::start().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    for request in [sign_in_bytes("not the password"), sign_in_bytes(PASSWORD)] {
        for ms in 0..40 {
            let mut connection = TcpStream::connect(app.address).await.unwrap();
            connection.write_all(&request).await.unwrap();
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        for half in [1, request.len() / 2, request.len() - 1] {
            let mut connection = TcpStream::connect(app.address).await.unwrap();
            connection.write_all(&request[..half]).await.unwrap();
        }
    }
    until(async || app.state.hasher.admitted() == 0 && app.state.metrics.connections_open.get() == 0).await;
    let ada = app.client();
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.get_session().await.expect(200);
}

/// Without free file descriptors accept fails; the loop must not spin.
#[tokio::test(flavor = "multi_thread")]
async fn c_21_without_file_descriptors_the_service_waits_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    let ada = service.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let before = service.file_limit();
    service.limit_files(10);
    let waiting: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(("127.0.0.1", service.port)).unwrap()).collect();
    let spent = service.cpu_time();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let spent = service.cpu_time() - spent;
    assert!(spent < Duration::from_millis(500), "{spent:?} of a core in two seconds of waiting");
    service.limit_files(before);
    drop(waiting);
    service.client().sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn c_21_connections_leave_file_descriptors_for_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start_under(&["prlimit", "--nofile=128:128"], folder.path(), &[]);
    let connect = || std::net::TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    let many: Vec<_> = (0..200).map(|_| connect()).collect();
    let answers = |mut stream: &std::net::TcpStream| {
        use std::io::{Read, Write};
        let _ = stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n");
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).is_ok() && begin == *b"HTTP/1.1 200"
    };
    let kept = many.iter().filter(|stream| answers(stream)).count();
    assert_eq!(kept, 128 - 64 - 3 * 4, "and readiness holds: the database opens its connections");
    drop(many);
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
}

/// 400 hashes at once would take 7.4 GiB. Two workers take two blocks of 19 MiB, however many requests arrive.
#[tokio::test(flavor = "multi_thread")]
async fn c_20_c_23_a_flood_of_sign_ins_takes_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start_with(folder.path(), &[("BIFRONS_LIMITS__ENABLED", "false"), ("BIFRONS_PASSWORDS__WORKERS", "2")]);
    let ada = service.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    let base = service.memory();
    let guesses = (0..400).map(|_| {
        let client = service.client();
        async move { client.sign_in(EMAIL, "not the password at all").await.status }
    });
    let statuses = futures_util::future::join_all(guesses).await;
    assert!(statuses.contains(&401) && statuses.contains(&503), "some were verified, some were refused: {statuses:?}");
    assert!(statuses.iter().all(|status| [401, 503].contains(status)));
    let most = service.most_memory();
    assert!(most < base + (2 * 19 + 32) * 1024, "{base} KiB before, {most} KiB at most");
    ada.get_session().await.expect(200);
}
