//! Answers that come before the request's body: the connection carries the next request, or the answer says that it closes
//! (RFC 9112 sections 9.3 and 9.6).

use std::sync::Arc;

use bifrons::http;
use tokio::{net::TcpListener, sync::oneshot};

use crate::support::{App, raw::RawConnection};

/// Requests that are answered from their head alone, and the status.
const EARLY: [(&str, &str, u16); 9] = [
    ("PATCH /v1/me", "Content-Type: application/json\r\n", 401),
    ("PUT /v1/me/password", "Content-Type: application/json\r\n", 401),
    ("POST /v1/session", "Content-Type: application/json\r\nOrigin: https://evil.example\r\n", 403),
    ("POST /v1/nowhere", "Content-Type: application/json\r\n", 404),
    ("PUT /v1/session", "Content-Type: application/json\r\n", 405),
    ("POST /v1/session", "Content-Type: text/plain\r\n", 415),
    ("POST /v1/session", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", 415),
    ("DELETE /v1/session", "", 204),
    ("GET /health/live", "", 200),
];

fn head(line: &str, headers: &str, framing: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: x\r\n{headers}{framing}\r\n\r\n")
}

/// The body follows the head in a write of its own, and after the answer's begin at the latest moment that a client may choose.
#[tokio::test]
async fn c_24_a_connection_survives_an_early_answer() {
    let app = App::start().await;
    let mut connection = RawConnection::open(app.address).await;
    for (line, headers, status) in EARLY {
        for (framing, body) in [
            ("Content-Length: 20", "{\"name\": \"Ada Byron\"}".get(..20).unwrap()),
            ("Transfer-Encoding: chunked", "5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n"),
        ] {
            connection.send(head(line, headers, framing)).await;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            connection.send(body).await;
            let answer = connection.answer().await;
            assert_eq!(answer.status, status, "{line} {headers}{framing}: {}", answer.text());
            if answer.says_close() {
                assert!(connection.is_closed().await);
                connection = RawConnection::open(app.address).await;
                continue;
            }
            connection.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await;
            assert_eq!(connection.answer().await.status, 200, "{line} {headers}{framing}: the next request");
        }
    }
}

/// A body that arrives at once costs no connection.
#[tokio::test]
async fn a_body_in_time_keeps_the_connection() {
    let app = App::start().await;
    let mut connection = RawConnection::open(app.address).await;
    for (line, headers, status) in EARLY {
        connection.send(head(line, headers, "Content-Length: 60000") + &"x".repeat(60_000)).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.says_close()), (status, false), "{line} {headers}");
    }
}

/// A body that does not arrive, or that is larger than any body may be: the answer says that the connection closes, and arrives.
#[tokio::test]
async fn c_24_an_answer_before_a_missing_body_says_that_it_closes() {
    let app = App::start().await;
    let framings = ["Content-Length: 20", "Transfer-Encoding: chunked", "Content-Length: 1000000000"];
    let cases = EARLY.iter().flat_map(|early| framings.map(|framing| (early, framing)));
    let checks = cases.map(async |((line, headers, status), framing)| {
        let mut connection = RawConnection::open(app.address).await;
        connection.send(head(line, headers, framing)).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.says_close()), (*status, true), "{line} {headers}{framing}: {}", answer.head);
        assert!(connection.is_closed().await);
    });
    futures_util::future::join_all(checks).await;
}

/// The service reads on while the client sends (RFC 9112 section 9.6), so that no reset destroys the answer.
#[tokio::test]
async fn c_24_a_client_that_sends_its_whole_body_first_gets_the_answer() {
    let app = App::start().await;
    for (line, headers, status) in EARLY {
        let mut connection = RawConnection::open(app.address).await;
        connection.send(head(line, headers, "Content-Length: 1000000")).await;
        for _ in 0..10 {
            assert!(connection.try_send(vec![b'x'; 100_000]).await, "{line} {headers}: reset while the client sends");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(connection.answer().await.status, status, "{line} {headers}");
    }
}

/// RFC 9110 section 10.1.1: the final status at once, and no 100, if the head decides.
#[tokio::test]
async fn c_22_a_body_that_is_known_to_be_too_large_is_not_asked_for() {
    let app = App::start().await;
    for expect in ["", "Expect: 100-continue\r\n", "Expect: 100-Continue\r\n"] {
        for length in ["65537", "1000000000", "18446744073709551613"] {
            let mut connection = RawConnection::open(app.address).await;
            let headers = format!("Content-Type: application/json\r\n{expect}");
            connection.send(head("POST /v1/session", &headers, &format!("Content-Length: {length}"))).await;
            let answer = connection.answer().await;
            assert_eq!((answer.status, answer.says_close()), (413, true), "{expect}{length}: {}", answer.head);
            assert!(answer.text().contains("body_too_large"));
        }
    }
}

#[tokio::test]
async fn a_body_is_asked_for_only_if_the_head_does_not_decide() {
    let app = App::start().await;
    for (line, headers, status) in EARLY {
        let mut connection = RawConnection::open(app.address).await;
        connection.send(head(line, &format!("{headers}Expect: 100-continue\r\n"), "Content-Length: 20")).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.says_close()), (status, true), "{line} {headers}: {}", answer.head);
    }
    let mut connection = RawConnection::open(app.address).await;
    let headers = "Content-Type: application/json\r\nExpect: 100-continue\r\n";
    connection.send(head("POST /v1/session", headers, "Content-Length: 2")).await;
    assert_eq!(connection.answer().await.status, 100);
    connection.send("{}").await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, answer.says_close()), (422, false));
}

/// While the service drains, every answer says that its connection closes, so that a proxy sends no further request on it.
#[tokio::test]
async fn every_answer_closes_while_the_service_stops() {
    let app = App::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap() };
    let serving = tokio::spawn(http::listener::server::serve(listener, None, http::app::app(Arc::clone(&app.state)), stopped));
    let ask = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut idle = RawConnection::open(address).await;
    idle.send(ask).await;
    assert!(!idle.answer().await.says_close());
    app.state.stop();
    let mut new = RawConnection::open(address).await;
    for connection in [&mut idle, &mut new] {
        connection.send(ask).await;
        assert!(connection.answer().await.says_close());
        assert!(connection.is_closed().await);
    }
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}
