//! What the operator sees: log, events, metrics.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::Stdio,
};

use bifrons::{
    audit::Event,
    config::{LimitsConfig, RegistrationConfig},
    http,
    network::ClientNetwork,
};
use poem::{Route, get, handler, web::Data};
use serde_json::{Value, json};

use crate::support::{
    Actor, App, EMAIL, PASSWORD,
    binary::{Process, bifrons, free_port},
    events::{WRONG, administration, everything, mail, second_factors},
    raw::RawConnection,
};

fn page() -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/observability.md")).unwrap()
}

#[tokio::test]
async fn asvs_16_3_every_event_happens_and_is_counted() {
    let rate = |written| bifrons::config::Rate::parse(written).unwrap();
    let app = App::configured(|config| {
        config.limits = Some(LimitsConfig {
            account: rate("5/1h"),
            client: rate("5/1h"),
            network: rate("1000/1m"),
            global: rate("1000/1m"),
            mail: rate("3/1h"),
        });
        config.passwords.hashing.queue = 8;
        config.passwords.hashing.workers = 1;
        config.tokens.audiences = vec!["https://orders.example.com".to_owned()];
    })
    .await;
    everything(&app).await;
    administration(&app).await;
    let verified = App::configured(|config| config.registration = RegistrationConfig::Verified).await;
    verified.client().sign_up(EMAIL, PASSWORD).await.expect(202);
    let confirm = json!({"token": "bfo_nonsense", "password": PASSWORD});
    verified.client().post("/v1/users/confirm", confirm).await.expect_problem(403, "invalid_one_time_token");
    let rendered =
        [&app, &verified].map(|app| app.state.metrics.render()).into_iter().chain(mail().await).chain([second_factors().await]);
    let metrics = rendered.collect::<String>();
    let counted = metrics.lines();
    let counted = counted.filter_map(|line| line.strip_prefix("bifrons_events_total{event=\"")?.split('"').next());
    let all = Event::ALL.iter().map(|event| event.name());
    assert_eq!(counted.collect::<BTreeSet<_>>(), all.collect::<BTreeSet<_>>());
    let reasons = metrics.lines().filter_map(|line| line.split("because=\"").nth(1)?.split('"').next());
    for reason in reasons.filter(|reason| !reason.is_empty()).collect::<BTreeSet<_>>() {
        assert!(page().contains(&format!("`{reason}`")), "docs/observability.md does not name the reason {reason}");
    }
    for (count, sample) in [
        (1, r#"bifrons_events_total{event="sign_in_refused",because="wrong_password"}"#),
        (1, r#"bifrons_events_total{event="session_ended",because="replaced"}"#),
        (1, r#"bifrons_http_answers_total{operation="registerUser",status="409"}"#),
        (1, r#"bifrons_http_answers_total{operation="refreshTokens",status="401"}"#),
        (4, r#"bifrons_http_seconds_count{operation="refreshTokens"}"#),
    ] {
        let found = metrics.lines().find_map(|line| line.strip_prefix(sample)).map(|value| value.trim().parse::<u64>().unwrap());
        assert!(found >= Some(count), "{sample}: {found:?}\n{metrics}");
    }
}

#[tokio::test]
async fn the_page_names_existing_metrics() {
    let (app, folder) = (App::start().await, tempfile::tempdir().unwrap());
    app.ada().await;
    let admin = format!("127.0.0.1:{}", free_port());
    fs::write(folder.path().join("bifrons.toml"), format!("admin_listen = \"{admin}\"\n")).unwrap();
    let service = Process::start(folder.path());
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let answer = reqwest::get(format!("http://{admin}/metrics")).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4");
    let text = answer.text().await.unwrap();
    let page = page();
    let named = page.split('`').filter(|word| word.starts_with("bifrons_")).map(|word| word.split('{').next().unwrap());
    let named: BTreeSet<_> = named.collect();
    assert!(named.len() > 10);
    for name in named {
        assert!(text.contains(&format!("\n{name}")) || text.contains(&format!("# TYPE {name}")), "no {name} in\n{text}");
    }
    service.client().get("/metrics").await.expect(404);
}

/// The lines of a service's log.
fn lines(folder: &std::path::Path) -> Vec<Value> {
    let log = fs::read_to_string(folder.join("log")).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

#[tokio::test]
async fn asvs_16_2_every_line_is_json_and_names_its_request() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bifrons.toml"), "proxy.trusted = [\"127.0.0.1\"]\n").unwrap();
    let mut service = Process::start(folder.path());
    let ada = service.client().with("x-forwarded-for", "192.0.2.7");
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let signed_in = ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    let refused = ada.sign_in(EMAIL, WRONG).await.expect(401);
    assert_eq!(refused.string("/instance"), format!("urn:uuid:{}", refused.header("x-request-id")));
    assert!(service.stop().success());
    let lines = lines(folder.path());
    for line in &lines {
        let moment = line["timestamp"].as_str().unwrap();
        time::OffsetDateTime::parse(moment, &time::format_description::well_known::Rfc3339).unwrap();
        assert!(moment.ends_with('Z'), "ASVS 16.2.2: UTC");
    }
    for (answer, event) in [(&signed_in, "signed_in"), (&refused, "sign_in_refused")] {
        let of_it: Vec<_> = lines.iter().filter(|line| line["span"]["request"] == answer.header("x-request-id")).collect();
        assert!(of_it.iter().any(|line| line["event"] == event && line["user"].is_string()), "{of_it:?}");
        let answered = of_it.iter().find(|line| line["message"] == "answered").unwrap();
        assert_eq!((&answered["operation"], &answered["status"]), (&json!("signIn"), &json!(answer.status)));
        assert!(of_it.iter().all(|line| line["span"]["client"] == "192.0.2.7"), "{of_it:?}");
    }
}

#[tokio::test]
async fn asvs_16_4_1_input_cannot_break_a_log_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Process::start(folder.path());
    for path in [format!("/{}\u{e9}{}", "x".repeat(254), "x".repeat(20_000)), "/\u{202e}\u{9b}31m\u{2028}".to_owned()] {
        let mut connection = RawConnection::open(([127, 0, 0, 1], service.port).into()).await;
        connection.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert_eq!(connection.answer().await.status, 404);
    }
    let agent = service.client().with("user-agent", "curl\\n {\"event\":\"signed_in\"}");
    for path in ["/%0d%0aINFO%20all%20is%20well", "/%1b%5b31m%e2%80%a8", &format!("/{}", "x".repeat(20_000))] {
        agent.get(path).await.expect(404);
    }
    agent.sign_in("a\r\n\u{2028}@example.com", "\r\n\u{1b}[31m").await.expect(401);
    assert!(service.stop().success());
    let answered: Vec<_> = lines(folder.path()).into_iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 6);
    assert!(answered.iter().all(|line| line.to_string().len() < 1000), "cut");
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.chars().all(|character| character.is_ascii_graphic() || " \n".contains(character)), "visible ASCII alone");
}

/// No process reads standard error: the pipe fills up, then the queue, and then lines are dropped.
#[tokio::test(flavor = "multi_thread")]
async fn c_37_an_unread_log_blocks_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let (port, admin) = (free_port(), free_port());
    let mut command = bifrons(folder.path());
    command.env("BIFRONS_LISTEN", format!("127.0.0.1:{port}")).env("BIFRONS_ADMIN_LISTEN", format!("127.0.0.1:{admin}"));
    command.env("BIFRONS_LOG__LEVEL", "debug");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    let dropped = async || {
        let text = reqwest::get(format!("http://127.0.0.1:{admin}/metrics")).await.unwrap().text().await.unwrap();
        text.lines().find_map(|line| line.strip_prefix("bifrons_log_lines_dropped_total ")).unwrap().parse::<u64>().unwrap()
    };
    let client = Actor::new(format!("http://127.0.0.1:{port}"));
    while dropped().await == 0 {
        for _ in 0..1000 {
            client.get("/health/live").await.expect(200);
        }
    }
    client.sign_up(EMAIL, PASSWORD).await.expect(201);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[handler]
async fn panics(state: Data<&std::sync::Arc<bifrons::state::AppState>>) {
    let _place = state.hasher.admit(ClientNetwork::Local).unwrap();
    let _uses = state.db.begin().await.unwrap();
    panic!("hunter2secret");
}

#[tokio::test]
async fn c_39_a_panic_is_500_and_leaks_nothing() {
    let app = App::start().await;
    let routes = Route::new().at("/panic", get(panics));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let broken = format!("http://{}/panic", listener.local_addr().unwrap());
    let around = http::app::App::around(routes, std::sync::Arc::clone(&app.state));
    tokio::spawn(http::listener::server::serve(listener, None, around, std::future::pending()));
    let mut seen = HashMap::<u16, usize>::new();
    for _ in 0..50 {
        let answer = reqwest::get(&broken).await.unwrap();
        *seen.entry(answer.status().as_u16()).or_default() += 1;
        let text = answer.text().await.unwrap();
        assert!(text.contains("internal_error") && !text.contains("hunter2secret"), "{text}");
    }
    assert_eq!(seen, HashMap::from([(500, 50)]));
    assert_eq!(app.state.hasher.admitted(), 0);
    let ada = app.ada().await;
    ada.get_session().await.expect(200);
}

/// With the feature `otel` a request is a trace that continues the one of `traceparent`.
#[cfg(feature = "otel")]
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_traces_for_a_collector() {
    let collector =
        crate::support::server::Server::raw(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec());
    let folder = tempfile::tempdir().unwrap();
    let endpoint = format!("http://127.0.0.1:{}", collector.port);
    let mut service = Process::start_with(folder.path(), &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    // Sixteen bytes that are letters, so that they can be found.
    let trace = "6120747261636520746861742069732e";
    let client = service.client().with("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    client.sign_in(EMAIL, PASSWORD).await.expect(401);
    assert!(service.stop().success());
    let heard = collector.requests.lock().unwrap().join("\n");
    assert!(heard.starts_with("POST /v1/traces HTTP/1.1"), "{heard}");
    for expected in ["a trace that is.", "bifrons.operation", "signIn", "sign_in_refused", "http.response.status_code"] {
        assert!(heard.contains(expected), "{expected}: {heard}");
    }
    assert!(!heard.contains(PASSWORD) && !heard.contains(EMAIL));
}
