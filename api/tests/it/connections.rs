//! Connections that misbehave.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{App, redis::until};

async fn exchange(app: &App, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    connection.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(40), connection.read_to_end(&mut answer)).await.expect("the service closes");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn c_24_headers_that_do_not_come_close_the_connection() {
    let app = App::start().await;
    for request in [b"".as_slice(), b"GET /health/live HTTP/1.1\r\nHost: x\r\n"] {
        let answer = exchange(&app, request).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    app.someone().get("/health/live").await.expect(200);
}

#[tokio::test]
async fn c_24_a_body_that_does_not_come_is_408() {
    let app = App::start().await;
    let answer = exchange(&app, b"POST /v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{").await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
}

#[tokio::test]
async fn c_22_what_is_too_large_is_refused_early() {
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

/// Whether the service keeps a new connection open: it answers on it.
async fn connect(app: &App) -> Option<TcpStream> {
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    let _ = connection.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut begin = [0; 12];
    let read = connection.read_exact(&mut begin).await;
    (read.is_ok() && begin == *b"HTTP/1.1 200").then_some(connection)
}

#[tokio::test]
async fn c_21_no_more_connections_than_there_may_be() {
    for proxies in ["", "127.0.0.0/8"] {
        let environment =
            [("BIFRONS_CONNECTIONS__MAX", "5"), ("BIFRONS_CONNECTIONS__PER_NETWORK", "3"), ("BIFRONS_PROXY__TRUSTED", proxies)];
        let app = App::with_environment(&environment).await;
        let mut open = Vec::new();
        while let Some(connection) = connect(&app).await {
            open.push(connection);
        }
        assert_eq!(open.len(), if proxies.is_empty() { 3 } else { 5 }, "a trusted proxy brings everybody's");
        drop(open.pop());
        until(async || connect(&app).await.is_some()).await;
    }
}

#[tokio::test]
async fn c_24_who_reads_no_answer_is_hung_up_on() {
    let app = App::start().await;
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    let request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    // Asks for more and more, and reads nothing: until neither side's buffers take any more, and then until the service has enough.
    let hung_up = async { while connection.write_all(&request).await.is_ok() {} };
    assert!(tokio::time::timeout(Duration::from_secs(60), hung_up).await.is_ok(), "the service waits for ever");
    app.someone().get("/health/live").await.expect(200);
}
