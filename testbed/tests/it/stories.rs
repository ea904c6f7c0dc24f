//! What the control prepares, the service takes.

use serde_json::{Value, json};

use crate::support::Testbed;

const DAY: u64 = 24 * 3600;

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

#[tokio::test]
async fn users_have_ready_credentials() {
    let testbed = Testbed::start(&["--now", "2026-01-01T09:00:00Z"], &[]);
    let wanted = json!({ "email": "Ada@Example.com", "name": "Ada", "roles": ["editor"], "sign_in": "cookie", "remember": true });
    let ada = testbed.user(wanted).await;
    let session = testbed.session("cookie", text(&ada, "/credentials/cookie")).await.expect(200).json();
    assert_eq!((&session["user"]["id"], &session["user"]["email"]), (&ada["id"], &json!("Ada@Example.com")));
    assert_eq!((&session["user"]["roles"], &session["remember"]), (&json!(["editor"]), &json!(true)));
    let cookies = ada["credentials"]["storage_state"]["cookies"].as_array().unwrap();
    assert!(text(&ada, "/credentials/cookie").ends_with(text(&cookies[0], "/value")) && cookies[0]["httpOnly"] == true, "{ada}");
    assert_eq!((&cookies[0]["domain"], &cookies[0]["sameSite"]), (&json!("localhost"), &json!("Lax")));

    let robot = testbed.user(json!({ "sign_in": "token", "verified": false, "factors": ["totp"] })).await;
    let token = text(&robot, "/credentials/tokens/access_token");
    let session = testbed.session("authorization", &format!("Bearer {token}")).await.expect(200).json();
    assert_eq!((&session["assurance"], &session["user"]["email_verified"]), (&json!(2), &json!(false)));

    // The password is real, and the code of the app.
    let credentials = json!({ "email": robot["email"], "password": robot["password"], "mode": "token" });
    for _ in 0..2 {
        let challenge = testbed.post("/v1/session", credentials.clone()).await.expect(202).string("/token");
        let code = testbed.does("GET", &format!("/users/{}/totp", text(&robot, "/id")), Value::Null).await;
        let typed = json!({ "token": challenge, "factor": "totp", "code": code["code"] });
        testbed.post("/v1/session/challenge", typed).await.expect(200);
    }
    let (status, used) = testbed.control("GET", &format!("/users/{}/totp", text(&robot, "/id")), Value::Null).await;
    assert_eq!((status, &used["code"]), (409, &json!("conflict")), "both codes were used: {used}");
    let challenge = testbed.post("/v1/session", credentials).await.expect(202).string("/token");
    let typed = json!({ "token": challenge, "factor": "recovery_code", "code": robot["recovery_codes"][0] });
    testbed.post("/v1/session/challenge", typed).await.expect(200);

    let disabled = testbed.user(json!({ "email": "eve@example.com", "disabled": true })).await;
    let credentials = json!({ "email": disabled["email"], "password": disabled["password"] });
    testbed.post("/v1/session", credentials).await.expect_problem(401, "invalid_credentials");

    for (wrong, status) in [
        (json!({ "email": "ada@example.com" }), 409),
        (json!({ "email": "nonsense" }), 422),
        (json!({ "password": "short" }), 422),
        (json!({ "locale": "not a language" }), 422),
        (json!({ "roles": ["two words"] }), 422),
        (json!({ "disabled": true, "sign_in": "cookie" }), 409),
        (json!({ "favourite_colour": "red" }), 422),
    ] {
        let (answered, problem) = testbed.control("POST", "/users", wrong.clone()).await;
        assert_eq!(answered, status, "{wrong}: {problem}");
    }
    let mails = testbed.does("GET", "/mails?to=ada@example.com", Value::Null).await;
    assert_eq!(mails, json!({ "mails": [] }), "a user who was prepared gets no mail");
}

#[tokio::test]
async fn sessions_go_bad_in_every_way() {
    let testbed = Testbed::start(&[], &[]);
    let other = testbed.user(json!({ "sign_in": "cookie" })).await;
    for what in ["idle", "absolute", "revoked"] {
        let ada = testbed.user(json!({ "sign_in": "cookie" })).await;
        testbed.session("cookie", text(&ada, "/credentials/cookie")).await.expect(200);
        testbed.expire(text(&ada, "/credentials/session_id"), what).await;
        testbed.session("cookie", text(&ada, "/credentials/cookie")).await.expect_problem(401, "invalid_session");
    }
    let ada = testbed.user(json!({ "sign_in": "cookie" })).await;
    let (cookie, session) = (text(&ada, "/credentials/cookie"), text(&ada, "/credentials/session_id"));
    testbed.expire(session, "fresh").await;
    testbed.session("cookie", cookie).await.expect(200);
    let stale = testbed.send("DELETE", "/v1/me", &[("cookie", cookie)], None).await.expect("an answer");
    stale.expect_problem(403, "reauthentication_required");
    let (status, refused) = testbed.control("POST", &format!("/sessions/{session}/expire"), json!({ "what": "reuse" })).await;
    assert_eq!(status, 409, "{refused}");

    let robot = testbed.user(json!({ "sign_in": "token" })).await;
    let bearer = |tokens: &Value| format!("Bearer {}", text(tokens, "/access_token"));
    let (tokens, session) = (&robot["credentials"]["tokens"], text(&robot, "/credentials/session_id"));
    testbed.expire(session, "access").await;
    testbed.session("authorization", &bearer(tokens)).await.expect_problem(401, "invalid_token");
    let next = testbed.post("/v1/tokens/refresh", json!({ "refresh_token": tokens["refresh_token"] })).await.expect(200).json();
    testbed.session("authorization", &bearer(&next["tokens"])).await.expect(200);
    testbed.expire(session, "reuse").await;
    let stolen = testbed.post("/v1/tokens/refresh", json!({ "refresh_token": next["tokens"]["refresh_token"] })).await;
    stolen.expect_problem(401, "refresh_reused");

    let (status, gone) = testbed.control("POST", &format!("/sessions/{session}/expire"), json!({ "what": "idle" })).await;
    assert_eq!(status, 404, "{gone}");
    testbed.session("cookie", text(&other, "/credentials/cookie")).await.expect(200);
}

#[tokio::test]
async fn an_access_token_goes_bad_where_its_session_is_not_asked() {
    let testbed = Testbed::start(&[], &[("BIFRONS_TOKENS__VERIFICATION", "stateless")]);
    let robot = testbed.user(json!({ "sign_in": "token" })).await;
    let bearer = |tokens: &Value| format!("Bearer {}", text(tokens, "/access_token"));
    let tokens = &robot["credentials"]["tokens"];
    testbed.session("authorization", &bearer(tokens)).await.expect(200);
    testbed.expire(text(&robot, "/credentials/session_id"), "access").await;
    testbed.session("authorization", &bearer(tokens)).await.expect_problem(401, "invalid_token");
    let next = testbed.post("/v1/tokens/refresh", json!({ "refresh_token": tokens["refresh_token"] })).await.expect(200).json();
    testbed.session("authorization", &bearer(&next["tokens"])).await.expect(200);
}

#[tokio::test]
async fn the_clock_moves_and_what_is_due_happens() {
    let testbed = Testbed::start(&["--now", "2026-01-01T09:00:00Z"], &[("BIFRONS_ACCOUNTS__DELETION_GRACE", "30d")]);
    let ada = testbed.user(json!({ "email": "ada@example.com", "sign_in": "cookie", "remember": true })).await;
    let cookie = [("cookie", text(&ada, "/credentials/cookie"))];
    assert_eq!(testbed.does("GET", "/clock", Value::Null).await, json!({ "now": "2026-01-01T09:00:00.000Z" }));
    testbed.send("DELETE", "/v1/me", &cookie, None).await.expect("an answer").expect(204);
    let moved = testbed.does("POST", "/clock/advance", json!({ "seconds": 29 * DAY })).await;
    assert_eq!(moved, json!({ "now": "2026-01-30T09:00:00.000Z" }));
    let credentials = json!({ "email": "ada@example.com", "password": ada["password"] });
    // Far after the time of this machine, too: its own clock has no say.
    testbed.does("PUT", "/clock", json!({ "now": "2199-01-01T00:00:00Z" })).await;
    testbed.post("/v1/session", credentials).await.expect_problem(401, "invalid_credentials");
    let mail = testbed.does("GET", "/mails?to=ada@example.com", Value::Null).await;
    let subjects: Vec<_> = mail["mails"].as_array().unwrap().iter().map(|mail| text(mail, "/subject").to_owned()).collect();
    assert!(subjects.last().unwrap().contains("deleted"), "{subjects:?}");
    let (status, refused) = testbed.control("PUT", "/clock", json!({ "now": "2198-01-01T00:00:00Z" })).await;
    assert_eq!(status, 422, "{refused}");
}

#[tokio::test]
async fn mails_events_and_the_log_are_there_to_read() {
    let pages = [("BIFRONS_PAGES__RESET_PASSWORD", "http://localhost:5173/reset")];
    let testbed = Testbed::start(&[], &pages);
    testbed.user(json!({ "email": "ada@example.com" })).await;
    testbed.post("/v1/password/forgot", json!({ "email": "ada@example.com" })).await.expect(202);
    let mail = testbed.does("GET", "/mails/next?to=ada@example.com", Value::Null).await;
    assert_eq!(text(&mail, "/link"), format!("http://localhost:5173/reset#{}", text(&mail, "/token")));
    let reset = json!({ "token": mail["token"], "new_password": "another horse entirely" });
    testbed.post("/v1/password/reset", reset).await.expect(204);
    let changed = testbed.does("GET", "/mails/next?to=ada@example.com&after=1", Value::Null).await;
    assert_ne!(changed["subject"], mail["subject"]);
    let (status, _) = testbed.control("GET", "/mails/next?to=eve@example.com&timeout_ms=50", Value::Null).await;
    assert_eq!(status, 404);

    let events = testbed.does("GET", "/events", Value::Null).await;
    let names: Vec<_> = events["lines"].as_array().unwrap().iter().map(|line| text(line, "/fields/event").to_owned()).collect();
    assert!(names.contains(&"password_reset".to_owned()), "{names:?}");
    let last = events["lines"].as_array().unwrap().last().unwrap()["number"].as_u64().unwrap();
    assert_eq!(testbed.does("GET", &format!("/events?after={last}"), Value::Null).await, json!({ "lines": [] }));
    let log = testbed.does("GET", "/log", Value::Null).await.to_string();
    assert!(log.contains("resetPassword") && !log.contains("another horse"), "{log}");
}

#[tokio::test]
async fn a_reset_leaves_what_the_start_left() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.json");
    let users = json!({ "users": [{ "email": "ada@example.com", "sign_in": "token" }, { "factors": ["totp"] }] });
    std::fs::write(&seed, users.to_string()).unwrap();
    let arguments = ["--now", "2026-01-01T09:00:00Z", "--seed", seed.to_str().unwrap()];
    let testbed = Testbed::start(&arguments, &[]);
    let credentials = json!({ "email": "ada@example.com", "password": "correct horse battery", "mode": "token" });
    let sign_in = async |testbed: &Testbed| {
        let signed_in = testbed.post("/v1/session", credentials.clone()).await.expect(200).json();
        let token = format!("Bearer {}", text(&signed_in, "/tokens/access_token"));
        let session = testbed.session("authorization", &token).await.expect(200).json();
        (["/id", "/user/id", "/created_at"].map(|pointer| text(&session, pointer).to_owned()), token)
    };
    let (first, token) = sign_in(&testbed).await;
    // What nodes remember of these rows must not be taken for what they know of the ones with the same ids.
    let renamed = Some(json!({ "name": "Ada" }));
    testbed.send("PATCH", "/v1/me", &[("authorization", &token)], renamed).await.expect("an answer").expect(200);
    testbed.send("DELETE", "/v1/session", &[("authorization", &token)], None).await.expect("an answer").expect(204);
    let old = testbed.user(json!({ "sign_in": "token" })).await;
    testbed.does("POST", "/clock/advance", json!({ "seconds": DAY })).await;
    let wrong = json!({ "email": "ada@example.com", "password": "another horse entirely" });
    testbed.post("/v1/session", wrong).await.expect(401);
    testbed.does("POST", "/faults", json!({ "operation": "signIn", "code": "unavailable" })).await;
    testbed.does("PUT", "/dependencies", json!({ "database": "read_only" })).await;
    testbed.post("/v1/users", json!({ "email": "eve@example.com", "password": "correct horse battery" })).await.expect(503);
    let reset = testbed.does("POST", "/reset", Value::Null).await;
    assert_eq!(text(&reset, "/users/0/email"), "ada@example.com");
    assert_eq!(testbed.does("GET", "/events", Value::Null).await, json!({ "lines": [] }));
    assert_eq!(sign_in(&testbed).await.0, first, "ids are counted, so that a snapshot is the same after each reset");
    let token = format!("Bearer {}", text(&old, "/credentials/tokens/access_token"));
    testbed.session("authorization", &token).await.expect_problem(401, "invalid_token");
    // Nor is the trail that of the former users: refusals gather for a second. And what expires has its row again.
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    testbed.does("POST", "/clock/advance", json!({ "seconds": 2 * 3600 })).await;
    let signed_in = testbed.post("/v1/session", credentials.clone()).await.expect(200).json();
    let token = format!("Bearer {}", text(&signed_in, "/tokens/access_token"));
    let export = testbed.send("GET", "/v1/me/export", &[("authorization", &token)], None).await.expect("an answer").expect(200);
    let export = export.json();
    let trail: Vec<_> = export["audit_events"].as_array().unwrap().iter().map(|row| text(row, "/event")).collect();
    assert!(trail.contains(&"session_expired") && !trail.contains(&"sign_in_refused"), "{trail:?}");
    // Another process gives the same ids, and other secrets.
    let another = Testbed::start(&arguments, &[]);
    assert_eq!(sign_in(&another).await.0, first);
    let of_other = format!("Bearer {}", text(&reset, "/users/0/credentials/tokens/access_token"));
    another.session("authorization", &of_other).await.expect_problem(401, "invalid_token");
}
