//! The calls that `bifrons doctor` makes: redirects, the next call, tokens against forged requests.

use serde_json::json;

use super::{COOKIE, CORS, PAGE, PREFLIGHT, codes, examine, parsed, text};
use crate::support::server::Server;

#[test]
fn redirects_are_followed_and_several_cookies_are_told_apart() {
    let (cors, cookie) = (CORS, COOKIE);
    let slash = Server::raw(move |request| {
        let origin = request.lines().find_map(|line| line.strip_prefix("origin: ")).unwrap_or("none");
        let status = match request.split(' ').nth(1) {
            _ if request.starts_with("OPTIONS") => "204 X\r\nAccess-Control-Allow-Headers: content-type".to_owned(),
            Some("/login") => "307 X\r\nLocation: /login/".to_owned(),
            _ => format!("200 X\r\n{cookie}"),
        };
        let cors = cors.replace("ORIGIN", origin).replace('\n', "\r\n");
        format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n{cors}\r\n\r\n").into_bytes()
    });
    let sign_in = ["--frontend", PAGE, "--path", "/login", "--next", "/me", "--json"];
    let report = parsed(&examine(&slash, "http://api.jazzmeet.site", &sign_in));
    assert_eq!((codes(&report).len(), &report["works"]), (0, &true.into()), "{report}");
    assert_eq!(report["frontends"][0]["sign_in"]["made"], json!(["POST /login", "POST /login/"]));
    let elsewhere = Server::start(PREFLIGHT, &format!("302\n{CORS}\nLocation: http://www.jazzmeet.site:1/\n{COOKIE}"));
    let output = examine(&elsewhere, "http://api.jazzmeet.site", &["--frontend", PAGE]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot connect to http://www.jazzmeet.site:1/"), "{output:?}");
    let bare = Server::start(PREFLIGHT, "301\nLocation: https://elsewhere.example/");
    let output = text(&examine(&bare, "http://api.jazzmeet.site", &["--frontend", PAGE]));
    assert!(output.contains("Location:") && output.contains("https://elsewhere.example/"), "{output}");
    let two = Server::start(PREFLIGHT, &format!("200\n{CORS}\n{COOKIE}\nSet-Cookie: theme=1; Path=/; SameSite=None"));
    let output = text(&examine(&two, "http://api.jazzmeet.site", &["--frontend", PAGE]));
    assert!(output.contains("theme none_without_secure") && output.contains("sid\n"), "{output}");
}

#[test]
fn a_sign_in_that_fails_is_told_from_a_limit() {
    for (status, code) in
        [("429\nRetry-After: 9", "rate_limited"), ("401", "sign_in_refused"), ("404", "sign_in_not_found"), ("200", "no_cookie")]
    {
        let server = Server::start(PREFLIGHT, &format!("{status}\n{CORS}"));
        let report = parsed(&examine(&server, "http://api.jazzmeet.site", &["--frontend", PAGE, "--path", "/login", "--json"]));
        assert_eq!(codes(&report), [code]);
    }
}

#[test]
fn a_cookie_of_a_refused_sign_in_is_no_success() {
    for (status, code) in [
        ("401", "sign_in_refused"),
        ("403", "sign_in_refused"),
        ("500", "sign_in_refused"),
        ("404", "sign_in_not_found"),
        ("429", "rate_limited"),
        ("202", "sign_in_incomplete"),
    ] {
        let server = Server::raw(move |request| {
            let origin = request.lines().find_map(|line| line.strip_prefix("origin: ")).unwrap_or("none");
            let status = match request.split(' ').next() {
                Some("OPTIONS") => "204 X\r\nAccess-Control-Allow-Headers: content-type".to_owned(),
                Some("GET") => "401 X".to_owned(),
                _ => format!("{status} X\r\n{COOKIE}"),
            };
            let cors = CORS.replace("ORIGIN", origin).replace('\n', "\r\n");
            format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n{cors}\r\n\r\n").into_bytes()
        });
        for next in [[].as_slice(), &["--next", "/me"]] {
            let sign_in = [&["--frontend", PAGE, "--path", "/login"], next].concat();
            let report = examine(&server, "http://api.jazzmeet.site", &[&sign_in, ["--json"].as_slice()].concat());
            assert_eq!((codes(&parsed(&report)), report.status.code()), (vec![code], Some(1)), "{status} {next:?}");
            text(&examine(&server, "http://api.jazzmeet.site", &sign_in));
        }
    }
}

#[test]
fn headers_and_the_next_call_are_judged_and_a_token_is_fetched() {
    let server = Server::start(PREFLIGHT, &format!("200\n{CORS}\n{COOKIE}\nSet-Cookie: csrftoken=t0k; Path=/"));
    let token = ["--csrf", "/form", "--header", "X-CSRF-Token={csrf}", "--body", "token={csrf}", "--next", "/me", "--json"];
    let arguments = [["--frontend", PAGE, "--path", "/login", "--content-type", "text/plain"].as_slice(), &token].concat();
    let report = parsed(&examine(&server, "http://api.jazzmeet.site", &arguments));
    let found = ["header_not_allowed", "token_unreadable"];
    assert_eq!(codes(&report), found, "the preflight lists content-type alone, and the cookie is the API's own");
    let heard = server.requests.lock().unwrap();
    assert!(heard[0].starts_with("GET /form "), "{heard:?}");
    let sign_in = heard.iter().find(|request| request.starts_with("POST /login ")).unwrap();
    let lines = ["x-csrf-token: t0k\r\n", "\r\n\r\ntoken=t0k", "cookie: sid=hunter2; csrftoken=t0k\r\n"];
    assert!(lines.iter().all(|line| sign_in.contains(line)), "{sign_in}");
    let next = heard.iter().find(|request| request.starts_with("GET /me ")).unwrap();
    assert!(next.contains("cookie: sid=hunter2; csrftoken=t0k\r\n") && next.contains("x-csrf-token: t0k\r\n"), "{next}");
}

#[test]
fn a_token_is_encoded_as_the_form_is() {
    let server = Server::raw(|request| {
        let body = if request.starts_with("GET /form") { "<input type=hidden name=_csrf value='a+b&#61;'>" } else { "" };
        let cookie = if body.is_empty() { COOKIE } else { "Set-Cookie: begun=hunter2; Path=/" };
        let length = body.len();
        format!("HTTP/1.1 200 X\r\nContent-Length: {length}\r\nConnection: close\r\n{cookie}\r\n\r\n{body}").into_bytes()
    });
    let form = ["--content-type", "application/x-www-form-urlencoded", "--csrf", "/form", "--body", "_csrf={csrf}&user=ada"];
    let api = "http://api.jazzmeet.site";
    let report = parsed(&examine(&server, api, &[["--frontend", api, "--path", "/login", "--json"].as_slice(), &form].concat()));
    assert_eq!(codes(&report), [""; 0]);
    let heard = server.requests.lock().unwrap();
    let sign_in = heard.iter().find(|request| request.starts_with("POST /login ")).unwrap();
    assert!(sign_in.contains("cookie: begun=hunter2\r\n") && sign_in.ends_with("_csrf=a%2Bb%3D&user=ada"), "{sign_in}");
}

#[test]
fn a_session_behind_a_comma_is_a_folded_cookie() {
    let folded = "Set-Cookie: theme=dark; Path=/, sid=hunter2; Path=/; HttpOnly";
    let server = Server::start(PREFLIGHT, &format!("200\n{CORS}\n{folded}"));
    let arguments = ["--frontend", PAGE, "--path", "/login", "--cookie", "sid", "--json"];
    assert_eq!(codes(&parsed(&examine(&server, "http://api.jazzmeet.site", &arguments))), ["cookies_folded"]);
}
