//! The explorer and the specification: compressed, revalidated, and bounded in the kernel.

use std::{io::Read, net::SocketAddr};

use reqwest::{Method, Response};

use crate::support::{App, raw::RawConnection, redis::until};

const PATHS: [&str; 2] = ["/docs", "/openapi.json"];

async fn get(app: &App, path: &str, headers: &[(&'static str, &str)]) -> Response {
    let actor = headers.iter().fold(app.client(), |actor, (name, value)| actor.with(name, *value));
    actor.ask(Method::GET, path).await
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn static_documents_are_compressed() {
    let app = App::start().await;
    for path in PATHS {
        let plain = get(&app, path, &[]).await;
        assert_eq!(header(&plain, "content-encoding"), "");
        let plain = plain.text().await.unwrap();
        for (accepted, coding) in [("gzip, deflate, br", "br"), ("gzip", "gzip")] {
            let coded = get(&app, path, &[("accept-encoding", accepted)]).await;
            assert_eq!((coded.status().as_u16(), header(&coded, "content-encoding")), (200, coding));
            assert!(coded.headers().get_all("vary").iter().any(|vary| vary == "Accept-Encoding"));
            let bytes = coded.bytes().await.unwrap();
            assert!(bytes.len() * 3 < plain.len(), "{path} {coding}: {} of {} bytes", bytes.len(), plain.len());
            let mut decoded = String::new();
            match coding {
                "br" => brotli::Decompressor::new(&*bytes, 4096).read_to_string(&mut decoded),
                _ => flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut decoded),
            }
            .unwrap();
            assert!(decoded == plain, "{path} {coding}");
        }
    }
}

#[tokio::test]
async fn rfc_9110_13_1_2_a_known_document_is_304() {
    let app = App::start().await;
    for path in PATHS {
        let mut tags = Vec::new();
        for accepted in ["identity", "gzip", "br"] {
            let coding = ("accept-encoding", accepted);
            let first = get(&app, path, &[coding]).await;
            let tag = header(&first, "etag").to_owned();
            assert!(tag.starts_with('"') && header(&first, "cache-control") == "no-cache");
            for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
                let again = get(&app, path, &[coding, ("if-none-match", &known)]).await;
                assert_eq!(again.status(), 304, "{path} {known}");
                // A browser replaces the stored headers by these.
                for name in ["etag", "cache-control", "content-security-policy"] {
                    assert_eq!(header(&again, name), header(&first, name), "{path} {name}");
                }
                assert!(again.bytes().await.unwrap().is_empty());
            }
            for other in ["\"other\"", "nonsense", ""] {
                assert_eq!(get(&app, path, &[coding, ("if-none-match", other)]).await.status(), 200, "{path} {other}");
            }
            assert!(!tags.contains(&tag), "each coding has a tag of its own");
            tags.push(tag);
        }
    }
}

/// The number of unsent bytes of each connection of the service, as the kernel counts them.
fn unsent(service: SocketAddr) -> Vec<usize> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let lines = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let of_service = lines.filter(|fields| {
        let (_, port) = fields[1].split_once(':').unwrap();
        // Neither the listener nor TIME_WAIT.
        u16::from_str_radix(port, 16) == Ok(service.port()) && !["0A", "06"].contains(&fields[3])
    });
    of_service.map(|fields| usize::from_str_radix(fields[4].split_once(':').unwrap().0, 16).unwrap()).collect()
}

/// The bytes of an answer that no client reads stay out of the kernel, and leave it with the connection.
#[tokio::test(flavor = "multi_thread")]
async fn c_21_the_kernel_keeps_little_for_clients_that_do_not_read() {
    let app = App::start().await;
    let mut connections = Vec::new();
    for _ in 0..20 {
        let mut connection = RawConnection::open(app.address).await;
        connection.send("GET /docs HTTP/1.1\r\nHost: x\r\n\r\n").await;
        connections.push(connection);
    }
    until(async || unsent(app.address).iter().filter(|bytes| **bytes > 0).count() == connections.len()).await;
    while app.state.metrics.connections_open.get() > 0 {
        let most = unsent(app.address).into_iter().max().unwrap_or_default();
        assert!(most <= 256 * 1024, "{most} bytes for one connection");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    until(async || unsent(app.address).is_empty()).await;
}
