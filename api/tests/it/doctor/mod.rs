//! `bifrons doctor` against small servers that make each mistake, one at a time, and against the service itself.

mod calls;
mod document;
mod ours;

use std::{fmt::Write as _, fs, net::TcpListener, process::Output};

use serde_json::Value;

use crate::support::{
    App, EMAIL, PASSWORD,
    binary::{bifrons, free_port, run},
    server::Server,
};

const PAGE: &str = "http://admin.jazzmeet.site";
const STRANGER: &str = "http://jazzmeet-admin.site";
const CORS: &str = "Access-Control-Allow-Origin: ORIGIN\nAccess-Control-Allow-Credentials: true\nVary: Origin";
const PREFLIGHT: &str =
    "204\nAccess-Control-Allow-Origin: ORIGIN\nAccess-Control-Allow-Credentials: true\nAccess-Control-Allow-Headers: content-type";
const COOKIE: &str = "Set-Cookie: sid=hunter2; Path=/; HttpOnly; SameSite=Lax";

fn doctor(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &[&["doctor"], arguments].concat(), &[])
}

/// The doctor looks at `server`, which it takes for `api`.
fn examine(server: &Server, api: &str, arguments: &[&str]) -> Output {
    doctor(&[&["--api", api, "--connect", &format!("127.0.0.1:{}", server.port)], arguments].concat())
}

#[track_caller]
fn parsed(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// All codes found, for every frontend.
fn codes(report: &Value) -> Vec<&str> {
    let frontends = report["frontends"].as_array().unwrap().iter();
    let findings = frontends.flat_map(|frontend| frontend["findings"].as_array().unwrap());
    findings.map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// The report for people, in which no value of a cookie and no line too long may stand.
#[track_caller]
fn text(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(!text.contains("hunter2") && text.lines().all(|line| line.chars().count() <= 100), "{text}");
    text
}

#[test]
fn each_mistake_of_cors_is_named() {
    let ok = format!("200\n{COOKIE}\n{CORS}");
    let answer = |cors: &str| format!("200\n{COOKIE}\nVary: Origin\n{cors}");
    let said = |value: &str| answer(&format!("Access-Control-Allow-Origin: {value}\nAccess-Control-Allow-Credentials: true"));
    let headers = |allowed: &str| PREFLIGHT.replace("content-type", allowed);
    let cors = |status: &str| PREFLIGHT.replacen("204", status, 1);
    for (preflight, call, mistakes) in [
        (PREFLIGHT.to_owned(), ok.clone(), [].as_slice()),
        (PREFLIGHT.to_owned(), answer("X: y"), &["no_cors_headers"]),
        ("200".to_owned(), answer("X: y"), &["no_cors_headers"]),
        ("204".to_owned(), ok.clone(), &["no_cors_headers"]),
        (PREFLIGHT.to_owned(), said("*"), &["origin_wildcard"]),
        (PREFLIGHT.replace("ORIGIN", "*"), ok.clone(), &["origin_wildcard"]),
        (PREFLIGHT.to_owned(), said("http://admin.jazzmeet.site:3000"), &["origin_port"]),
        (PREFLIGHT.to_owned(), said("http://admin.jazzmeet.site/"), &["origin_slash"]),
        (PREFLIGHT.to_owned(), said("https://admin.jazzmeet.site"), &["origin_other"]),
        (PREFLIGHT.to_owned(), said("null"), &["origin_null"]),
        (PREFLIGHT.to_owned(), said("http://a.example, http://admin.jazzmeet.site"), &["origin_several"]),
        (PREFLIGHT.to_owned(), said("ORIGIN\nAccess-Control-Allow-Origin: ORIGIN"), &["origin_several"]),
        (PREFLIGHT.to_owned(), answer("Access-Control-Allow-Origin: ORIGIN"), &["credentials_not_allowed"]),
        (PREFLIGHT.replace("true", "false"), ok.clone(), &["credentials_not_allowed"]),
        (headers("x-requested-with"), ok.clone(), &["content_type_not_allowed"]),
        (headers("*"), ok.clone(), &["content_type_not_allowed"]),
        ("401".to_owned(), ok.clone(), &["preflight_unauthorized"]),
        (cors("403"), ok.clone(), &["origin_refused"]),
        ("403".to_owned(), ok.clone(), &["preflight_unauthorized"]),
        ("400".to_owned(), ok.clone(), &["preflight_failed"]),
        (cors("302"), ok.clone(), &["preflight_redirected"]),
        ("404".to_owned(), ok.clone(), &["preflight_unknown"]),
        ("405".to_owned(), ok.clone(), &["preflight_unknown"]),
        ("500".to_owned(), ok.clone(), &["preflight_failed"]),
        (PREFLIGHT.to_owned(), ok.replace("Vary: Origin", "Vary: Accept"), &["vary_missing"]),
    ] {
        let server = Server::start(&preflight, &call);
        let output = examine(&server, "http://api.jazzmeet.site", &["--frontend", PAGE, "--json"]);
        let report = parsed(&output);
        assert_eq!(codes(&report), mistakes, "{preflight} / {call}");
        let works = mistakes.is_empty() || mistakes == ["vary_missing"];
        assert_eq!((output.status.code(), &report["works"]), (Some(i32::from(!works)), &works.into()), "{preflight} / {call}");
        assert_eq!(report["frontends"][0]["sign_in"]["readable"], works);
    }
}

#[test]
fn each_mistake_of_a_cookie_is_named() {
    let large = format!("sid={}; HttpOnly", "hunter2".repeat(600));
    let long = format!("sid=hunter2; HttpOnly; Path=/; Path=/{}", "x".repeat(1024));
    for (api, page, cookie, mistakes) in [
        ("http://api.jazzmeet.site", PAGE, "sid=hunter2; HttpOnly", [].as_slice()),
        ("http://api.jazzmeet.site", STRANGER, "sid=hunter2; HttpOnly", &["same_site_missing", "third_party_blocked"]),
        ("http://api.jazzmeet.site", STRANGER, "sid=hunter2; HttpOnly; SameSite=Lax", &["same_site_across_sites"]),
        ("http://api.jazzmeet.site", STRANGER, "sid=hunter2; HttpOnly; SameSite=Strict", &["same_site_across_sites"]),
        ("http://api.jazzmeet.site", PAGE, "sid=hunter2; HttpOnly; SameSite=None", &["none_without_secure"]),
        ("http://api.jazzmeet.site", PAGE, "sid=hunter2; HttpOnly; Secure", &["secure_over_http"]),
        ("http://localhost:8080", "http://localhost:3000", "sid=hunter2; HttpOnly; Secure", &["secure_over_http"]),
        ("http://api.jazzmeet.site", PAGE, "sid=hunter2; HttpOnly; Domain=admin.jazzmeet.site", &["domain_is_frontend"]),
        ("http://api.jazzmeet.site", PAGE, "sid=hunter2; HttpOnly; Domain=example.com", &["domain_mismatch"]),
        ("http://one.fly.dev", "http://one.fly.dev", "sid=hunter2; HttpOnly; Domain=.fly.dev", &["domain_public_suffix"]),
        ("http://api.jazzmeet.site", PAGE, "__Host-sid=hunter2; HttpOnly; Path=/", &["prefix_broken"]),
        ("http://api.jazzmeet.site", PAGE, &large, &["cookie_too_large"]),
        (
            "http://api.jazzmeet.site",
            "https://app.example",
            "sid=hunter2; HttpOnly; SameSite=Lax",
            &["mixed_content", "same_site_across_sites"],
        ),
        ("http://localhost:8080", "https://localhost:3000", "sid=hunter2; HttpOnly", &["schemes_differ"]),
        ("http://localhost:8080", "http://127.0.0.1:8080", "sid=hunter2; HttpOnly", &["loopback_names_differ"]),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "sid=hunter2; HttpOnly; Domain=0.0.1", &["domain_mismatch"]),
        ("http://api.jazzmeet.site", PAGE, "=hunter2; HttpOnly", &["cookie_malformed"]),
        ("http://api.jazzmeet.site", PAGE, "sid=hun\tter2; HttpOnly", &["cookie_malformed"]),
        ("http://api.jazzmeet.site", PAGE, &long, &[]),
        ("http://api.jazzmeet.site", PAGE, "sid=hunter2", &["http_only_missing"]),
        ("http://api.jazzmeet.site", PAGE, "sid=hunter2; HttpOnly; Path=/v1", &["path_misses_next"]),
        ("http://api.jazzmeet.site", PAGE, "sid=; Max-Age=0", &["cookie_expired"]),
    ] {
        let server = Server::start(PREFLIGHT, &format!("200\n{CORS}\nSet-Cookie: {cookie}"));
        let output = examine(&server, api, &["--frontend", page, "--path", "/login", "--next", "/me", "--json"]);
        let report = parsed(&output);
        let what = &cookie[..cookie.len().min(80)];
        assert_eq!(codes(&report), mistakes, "{page} → {api}: {what}");
        let works = mistakes.iter().all(|code| ["http_only_missing"].contains(code));
        assert_eq!(output.status.code(), Some(i32::from(!works)), "{page} → {api}: {what}");
        text(&examine(&server, api, &["--frontend", page, "--path", "/login"]));
    }
}

#[test]
fn it_asks_as_a_browser_would() {
    let server = Server::start(PREFLIGHT, &format!("200\n{CORS}\n{COOKIE}"));
    let body = ["--body", r#"{"user":"ada"}"#, "--path", "/login?x=1", "--method", "put"];
    let output =
        examine(&server, "http://localhost:8080/api/", &[&["--frontend", "http://localhost:3000"], body.as_slice()].concat());
    assert_eq!(output.status.code(), Some(1), "PUT is not listed");
    let heard = server.requests.lock().unwrap();
    for (request, lines) in heard.iter().zip([
        [
            "OPTIONS /api/login?x=1 HTTP/1.1\r\n",
            "access-control-request-method: PUT\r\n",
            "access-control-request-headers: content-type\r\n",
        ],
        ["PUT /api/login?x=1 HTTP/1.1\r\n", "content-type: application/json\r\n", "\r\n\r\n{\"user\":\"ada\"}"],
    ]) {
        for line in lines.into_iter().chain([
            "host: localhost:8080\r\n",
            "origin: http://localhost:3000\r\n",
            "sec-fetch-site: same-site\r\n",
            "sec-fetch-mode: cors\r\n",
        ]) {
            assert!(request.contains(line), "{line}: {request}");
        }
        assert!(!request.contains("cookie:"), "{request}");
    }
    assert_eq!(heard.len(), 2);
}

#[test]
fn the_body_may_come_from_a_file_or_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("body"), "user=ada&password=hunter2").unwrap();
    let server = Server::start("405", &format!("200\n{CORS}\n{COOKIE}"));
    let (api, form) = (format!("http://localhost:{}", server.port), "application/x-www-form-urlencoded");
    let arguments = ["doctor", "--api", &api, "--frontend", PAGE, "--body", "@body", "--content-type", form];
    let output = run(folder.path(), &arguments, &[]);
    assert!(text(&output).contains("none: the call is a simple one"), "{output:?}");
    assert!(server.requests.lock().unwrap()[0].ends_with("user=ada&password=hunter2"));
    let mut piped = bifrons(folder.path());
    piped
        .args(["doctor", "--api", &api, "--frontend", &api, "--body", "-"])
        .stdin(fs::File::open(folder.path().join("body")).unwrap());
    assert!(piped.output().unwrap().status.success(), "same origin");
    let heard = server.requests.lock().unwrap();
    let sign_ins: Vec<_> = heard.iter().filter(|request| request.starts_with("POST ")).collect();
    assert!(sign_ins.len() == 2 && sign_ins[1].ends_with("user=ada&password=hunter2"), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ours_is_well_on_localhost_without_credentials() {
    let app = App::with_environment(&[("BIFRONS_ORIGINS", "http://localhost:5173")]).await;
    let address = app.address.to_string();
    let ours = ["--api", "http://localhost:3000", "--connect", &address, "--frontend"];
    let output = doctor(&[&ours, ["http://localhost:5173", "http://localhost:3000"].as_slice()].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let elsewhere = ["--api", "http://192.0.2.1:3000", "--connect", &address, "--frontend", "http://localhost:5173"];
    assert_ne!(
        parsed(&doctor(&[&elsewhere, ["--json"].as_slice()].concat()))["frontends"][0]["findings"],
        Value::Null,
        "an address is not resolved"
    );
    assert!(text(&output).contains("This is Bifrons: its probe cookie"), "{output:?}");
    let report = parsed(&doctor(&[&ours, ["http://localhost:5173", "--json"].as_slice()].concat()));
    assert_eq!((&report["cookies_from"], &report["works"]), (&"probe".into(), &true.into()));

    app.ada().await;
    let body = format!(r#"{{"email":"{EMAIL}","password":"{PASSWORD}"}}"#);
    let report = parsed(&doctor(&[&ours, ["http://localhost:5173", "--json", "--body", &body].as_slice()].concat()));
    assert_eq!((&report["cookies_from"], &report["works"]), (&"sign_in".into(), &true.into()));
    assert_eq!(report["frontends"][0]["cookies"][0]["name"], "bifrons_session");
}

#[tokio::test(flavor = "multi_thread")]
async fn ours_with_a_frontend_that_is_not_listed() {
    let app = App::start().await;
    let address = app.address.to_string();
    let ours = ["--api", "http://localhost:3000", "--connect", &address, "--frontend", "http://localhost:5173"];
    let report = parsed(&doctor(&[&ours, ["--json"].as_slice()].concat()));
    assert_eq!(codes(&report), ["no_cors_headers"]);
    let output = doctor(&ours);
    assert!(text(&output).contains(r#"origins = ["http://localhost:5173"]"#), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_api_that_gives_no_answer_is_one_sentence() {
    let down = free_port();
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let garbage = Server::raw(|_| b"220 mail.example.com ESMTP\r\n".to_vec());
    let gone = Server::raw(|_| Vec::new());
    let giant = Server::raw(|_| {
        let mut answer = "HTTP/1.1 200 OK\r\n".to_owned();
        (0..50).for_each(|n| write!(answer, "X-{n}: {}\r\n", "x".repeat(60_000)).unwrap());
        (answer + "\r\n").into_bytes()
    });
    for (port, sentence) in [
        (down, "cannot connect to"),
        (hanging.local_addr().unwrap().port(), "did not answer within 1 s"),
        (garbage.port, "gave no answer that a browser could read"),
        (gone.port, "gave no answer that a browser could read"),
        (giant.port, "answered with headers that are too large"),
    ] {
        let api = format!("http://127.0.0.1:{port}");
        let output = doctor(&["--api", &api, "--frontend", PAGE, "--timeout", "1s", "--json"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("bifrons: ") && said.contains(sentence) && said.lines().count() == 1, "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn many_headers_are_read_as_browsers_read_them() {
    let many = "\nX-Many: y".repeat(200);
    let server = Server::start(PREFLIGHT, &format!("200\n{CORS}\n{COOKIE}{many}"));
    let output = examine(&server, "http://api.jazzmeet.site", &["--frontend", PAGE, "--json"]);
    assert_eq!((codes(&parsed(&output)), output.status.code()), (vec![], Some(0)), "{output:?}");
}

#[test]
fn wrong_usage_says_what_to_write() {
    for (arguments, advice) in [
        (["--api", "http://localhost", "--frontend", "https://app.example.com/"].as_slice(), "write https://app.example.com:"),
        (&["--api", "http://localhost", "--frontend", "https://app.example.com/login"], "write https://app.example.com:"),
        (&["--api", "http://localhost", "--frontend", "*"], "write each origin in full"),
        (&["--api", "http://localhost"], "--frontend"),
        (&["--frontend", PAGE], "--api"),
        (&["--api", "localhost", "--frontend", PAGE], "write http://host"),
        (&["--api", "ftp://localhost", "--frontend", PAGE], "write an http or https URL"),
        (&["--api", "http://localhost", "--frontend", PAGE, "--body", "@nowhere"], "cannot be read"),
        (&["--api", "http://localhost", "--frontend", PAGE, "--connect", "here"], "127.0.0.1:8443"),
        (&["--api", "http://localhost", "--frontend", PAGE, "--path", "login"], "begins with /"),
        (&["--api", "http://localhost", "--frontend", PAGE, "--timeout", "1"], "30s"),
    ] {
        let output = doctor(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(advice), "{arguments:?}: {said}");
    }
}
