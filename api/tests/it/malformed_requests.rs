//! Requests that a server must refuse, and some that it must not (RFC 9112).

use crate::support::{App, raw::RawConnection};

const BODY: &str = "{\"email\":\"ada@example.com\"}";

async fn send(app: &App, request: &str) -> (u16, bool) {
    let mut connection = RawConnection::open(app.address).await;
    connection.send(request).await;
    let answer = connection.answer().await;
    (answer.status, answer.says_close())
}

#[tokio::test]
async fn rfc_9112_3_2_a_request_names_one_host() {
    let app = App::start().await;
    for hosts in [
        "",
        "Host: x\r\nHost: x\r\n",
        "Host: x\r\nHost: y\r\n",
        "Host: x, y\r\n",
        "Host: x y\r\n",
        "Host: user@x\r\n",
        "Host: x/path\r\n",
        "Host: x?query\r\n",
        "Host: http://x\r\n",
        "Host: x:port\r\n",
        "Host: x:1:2\r\n",
        "Host: x:70000\r\n",
        "Host: [::1\r\n",
        "Host: \u{e9}\r\n",
    ] {
        for line in ["GET /health/live", "DELETE /v1/session", "OPTIONS /v1/session", "GET http://x/health/live"] {
            let browser = "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: GET\r\n";
            assert_eq!(send(&app, &format!("{line} HTTP/1.1\r\n{hosts}{browser}\r\n")).await, (400, true), "{line} {hosts:?}");
        }
    }
    for host in ["x", "x:3000", "x:", "", "127.0.0.1:80", "[::1]:80", "[::1]", "xn--bcher-kva.example", "a_b.example"] {
        for line in ["GET /health/live", "GET http://other.example/health/live"] {
            assert_eq!(send(&app, &format!("{line} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await, (200, false), "{line} {host}");
        }
    }
    assert_eq!(send(&app, "GET /health/live HTTP/1.0\r\n\r\n").await.0, 200, "HTTP/1.0 knows no Host");
    assert_eq!(send(&app, "GET /health/live HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n").await, (400, true));
}

#[tokio::test]
async fn rfc_9112_3_2_a_target_has_the_form_of_its_method() {
    let app = App::start().await;
    for line in ["GET *", "POST *", "GET x:80", "GET x", "GET health/live", "OPTIONS x:80", "GET ftp://x/health/live"] {
        assert_eq!(send(&app, &format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n")).await, (400, true), "{line}");
    }
    let mut connection = RawConnection::open(app.address).await;
    connection.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, answer.header("allow")), (204, Some("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")));
    let (status, _) = send(&app, "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n").await;
    assert_eq!(status, 405);
}

#[tokio::test]
async fn rfc_9112_5_and_6_faulty_fields_and_framing_are_refused() {
    let app = App::start().await;
    let chunked = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    for (fields, body) in [
        ("Host : x\r\n", ""),
        ("Host: x\r\n folded\r\n", ""),
        ("Host: x\r\nA: b\rc\r\n", ""),
        ("Host: x\r\nA: b\0c\r\n", ""),
        ("Host: x\r\nno colon\r\n", ""),
        ("Host: x\r\n: no name\r\n", ""),
        ("Host: x\r\nTransfer-Encoding: gzip, chunked\r\n", chunked.as_str()),
        ("Host: x\r\nTransfer-Encoding: chunked, chunked\r\n", &chunked),
        ("Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", &chunked),
        ("Host: x\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", &chunked),
        ("Host: x\r\nTransfer-Encoding: chunked, gzip\r\n", &chunked),
        ("Host: x\r\nTransfer-Encoding: chunked;a=b\r\n", &chunked),
        ("Host: x\r\nTransfer-Encoding: xchunked\r\n", &chunked),
        ("Host: x\r\nTransfer-Encoding:\r\n", &chunked),
        ("Host: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n", "{}"),
        ("Host: x\r\nContent-Length: 2, 3\r\n", "{}"),
        ("Host: x\r\nContent-Length: +2\r\n", "{}"),
        ("Host: x\r\nContent-Length: -1\r\n", "{}"),
        ("Host: x\r\nContent-Length: 0x2\r\n", "{}"),
        ("Host: x\r\nContent-Length: 2 \t2\r\n", "{}"),
        ("Host: x\r\nContent-Length: 18446744073709551616\r\n", "{}"),
        ("Host: x\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}X\r\n0\r\n\r\n"),
        ("Host: x\r\nTransfer-Encoding: chunked\r\n", "g\r\n{}\r\n0\r\n\r\n"),
        ("Host: x\r\nTransfer-Encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n"),
        ("Host: x\r\nTransfer-Encoding: chunked\r\n", "2;\n{}\r\n0\r\n\r\n"),
        ("Host: x\r\nTransfer-Encoding: chunked\r\n", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
    ] {
        let request = format!("POST /v1/session HTTP/1.1\r\nContent-Type: application/json\r\n{fields}\r\n{body}");
        assert_eq!(send(&app, &request).await, (400, true), "{fields:?} {body:?}");
    }
    for line in ["GET /health/live HTTP/2.0", "GET /health/live HTTP/1.2x", "GET /a b HTTP/1.1", "G(T / HTTP/1.1", "GET  HTTP/1.1"]
    {
        let (status, closes) = send(&app, &format!("{line}\r\nHost: x\r\n\r\n")).await;
        assert!([400, 505].contains(&status) && closes, "{line}: {status}");
    }
    let old = format!("POST /v1/session HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}");
    assert_eq!(send(&app, &old).await, (400, true));
    // Both framings: the connection closes, because a proxy before it may have read the other one (section 6.1).
    let both = format!(
        "POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"
    );
    let (status, closes) = send(&app, &both).await;
    assert!([400, 422].contains(&status) && closes, "{status}");
}

/// What follows a refused request on its connection is not a request.
#[tokio::test]
async fn asvs_4_2_1_nothing_behind_a_malformed_request_is_served() {
    let app = App::start().await;
    let hidden = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    for fields in [
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Host: y\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let mut connection = RawConnection::open(app.address).await;
        connection.send(format!("POST /v1/session HTTP/1.1\r\nHost: x\r\n{fields}\r\n0\r\n\r\n{hidden}")).await;
        assert!(connection.answer().await.says_close(), "{fields}");
        assert!(connection.is_closed().await, "{fields}");
    }
}
