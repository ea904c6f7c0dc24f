//! The audit trail: what happened has one row, what did not happen has none, and refusals have few.

use std::{sync::Arc, time::Duration};

use bifrons::{
    accounts::AdminAction,
    administration,
    audit::{
        Event,
        store::{Filter, read},
    },
    authorization::Operator,
    maintenance,
    request_context::Actor,
    state::AppState,
};
use entity::{
    AuditEventId, SessionId, UnixMillis, UserId,
    audit_event::{ActorKind, Entity, Model},
};
use reqwest::Method;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::json;
use uuid::Uuid;

use crate::{
    limits::proxy,
    support::{Actor as Client, App, EMAIL, PASSWORD, events::WRONG, operator},
};

const OTHER: &str = "another horse entirely";

/// All rows, newest first, once what is gathered is stored.
async fn rows(app: &App) -> Vec<Model> {
    app.state.audit.flush(&app.state.db).await.unwrap();
    read(app.state.db.connection(), &Filter::default(), None, 100_000).await.unwrap()
}

/// What a row says, but for its id, its time and its requester.
fn said(row: &Model) -> (&str, &str, ActorKind, Option<&str>, Option<UserId>) {
    (&row.event, &row.reason, row.actor_kind, row.actor_id.as_deref(), row.user_id)
}

async fn user_of(client: &Client) -> UserId {
    UserId(client.get_session().await.expect(200).string("/user/id").parse().unwrap())
}

#[tokio::test]
async fn each_action_has_one_row_that_names_actor_subject_and_requester() {
    let app = App::start().await;
    let second = || app.advance(Duration::from_secs(1));
    let ada = app.client().with("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0");
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    second().await;
    let signed_in = ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    let (id, session) = (user_of(&ada).await, ada.session().await);
    second().await;
    app.client().sign_in(EMAIL, WRONG).await.expect(401);
    app.state.audit.flush(&app.state.db).await.unwrap();
    second().await;
    ada.reauthenticate(PASSWORD).await.expect(200);
    second().await;
    ada.change_password(PASSWORD, OTHER).await.expect(200);
    second().await;
    let other = app.client();
    let tokens = other.tokens(EMAIL, OTHER).await.expect(200).string("/tokens/refresh_token");
    other.refresh(&tokens).await.expect(200);
    second().await;
    let exported = ada.get("/v1/me/export").await.expect(200).json()["audit_events"].clone();
    assert_eq!(exported.as_array().unwrap().len(), 7, "{exported}");
    assert_eq!((&exported[0]["event"], &exported[0]["ip"]), (&json!("exported"), &json!("127.0.0.1")));
    let refused = exported.as_array().unwrap().iter().find(|row| row["event"] == "sign_in_refused").unwrap();
    assert!(refused["reason"] == "wrong_password" && refused.get("ip").is_none(), "the address of another person: {refused}");
    second().await;
    ada.delete("/v1/me/sessions").await.expect(204);
    second().await;
    ada.sign_out().await.expect(204);
    second().await;
    let config = app.state.config.clone();
    let command = Arc::new(AppState::open_existing(config, app.state.clock.clone()).await.unwrap());
    operator::apply(&command, AdminAction::Disable, EMAIL).await;
    second().await;
    operator::rotate(&app.state, app.state.clock.now()).await;

    let rows = rows(&app).await;
    expect_rows(&rows, id);
    let row = &rows[9];
    assert_eq!((row.session_id, row.ip.as_deref(), row.times), (Some(session), Some("127.0.0.1"), 1));
    assert!(row.user_agent.as_deref().unwrap().contains("Firefox/153.0"));
    assert_eq!(row.request_id.unwrap().to_string(), signed_in.header("x-request-id"));
    assert!(rows[..2].iter().all(|row| row.ip.is_none() && row.request_id.is_none()), "no request caused it");
    expect_answers(&app, id, session, (rows[4].at, rows[2].at)).await;
}

/// What was done above, newest first.
fn expect_rows(rows: &[Model], id: UserId) {
    let (by, text) = ((ActorKind::User, id.0.to_string()), |row: &Model| row.actor_id.clone());
    let by_ada = |event, reason| (event, reason, by.0, Some(by.1.as_str()), Some(id));
    let operator = rows.iter().find(|row| row.event == "user_disabled").and_then(text);
    let expected = [
        ("signing_key_published", "operator", ActorKind::System, None, None),
        ("user_disabled", "", ActorKind::Operator, operator.as_deref(), Some(id)),
        by_ada("session_ended", "signed_out"),
        by_ada("other_sessions_ended", ""),
        by_ada("exported", ""),
        by_ada("signed_in", ""),
        by_ada("password_changed", ""),
        by_ada("reauthenticated", ""),
        ("sign_in_refused", "wrong_password", ActorKind::User, None, Some(id)),
        by_ada("signed_in", ""),
        by_ada("registered", ""),
    ];
    assert_eq!(rows.iter().map(said).collect::<Vec<_>>(), expected);
}

/// Each question, and in pages of one row too.
async fn expect_answers(app: &App, id: UserId, session: SessionId, (before, after): (UnixMillis, UnixMillis)) {
    for (filter, count) in [
        (Filter { user: Some(id), ..Filter::default() }, 10),
        (Filter { actor: Some(Actor::user(id)), ..Filter::default() }, 8),
        (Filter { actor: Some(Actor { kind: ActorKind::Operator, id: None }), ..Filter::default() }, 1),
        (Filter { actor: Some(Actor { kind: ActorKind::Operator, id: Some("\u{e9}'--".to_owned()) }), ..Filter::default() }, 0),
        (Filter { events: vec![Event::SignedIn, Event::Exported], ..Filter::default() }, 3),
        (Filter { session: Some(session), ..Filter::default() }, 6),
        (Filter { since: Some(before), until: Some(after), ..Filter::default() }, 2),
        (Filter { user: Some(id), events: vec![Event::SignedIn], since: Some(before), ..Filter::default() }, 0),
    ] {
        let db = app.state.db.connection();
        let found = read(db, &filter, None, 100).await.unwrap();
        assert_eq!(found.len(), count, "{filter:?}");
        let mut paged: Vec<Model> = Vec::new();
        while let Some(next) = read(db, &filter, paged.last().map(|row| row.id), 1).await.unwrap().pop() {
            paged.push(next);
        }
        assert_eq!(paged, found);
    }
}

#[tokio::test]
async fn nothing_happens_without_its_row_and_what_did_not_happen_has_none() {
    let app = App::start().await;
    let ada = app.ada().await;
    let before = rows(&app).await.len();
    app.forbid("INSERT ON audit_event").await;
    ada.sign_in(EMAIL, PASSWORD).await.expect(503);
    app.client().sign_up("grace@example.com", PASSWORD).await.expect(503);
    ada.change_password(PASSWORD, OTHER).await.expect(503);
    ada.get("/v1/me/export").await.expect(503);
    ada.snapshot().sign_out().await.expect(503);
    administration::rotate_key(&app.state, &Operator::CommandLine, app.state.clock.now()).await.unwrap_err();
    // A refusal needs no row to be one.
    app.advance(Duration::from_secs(1)).await;
    app.client().sign_in(EMAIL, WRONG).await.expect(401);
    app.state.audit.flush(&app.state.db).await.unwrap_err();
    let counts =
        "SELECT (SELECT count(*) FROM session) * 100 + (SELECT count(*) FROM user) * 10 + (SELECT count(*) FROM signing_key)";
    assert_eq!(app.count(counts).await, 111, "one session, one user and one key, as before");
    ada.get_session().await.expect(200);
    app.allow("INSERT ON audit_event").await;
    let now = rows(&app).await;
    assert_eq!((now.len(), now[0].event.as_str()), (before + 1, "sign_in_refused"), "the refusal has waited");
    // Refused by the database itself: another user has the address.
    app.client().sign_up(EMAIL, PASSWORD).await.expect(409);
    ada.change_password(WRONG, OTHER).await.expect(403);
    let kept: Vec<_> = rows(&app).await.into_iter().map(|row| row.event).filter(|event| !event.ends_with("refused")).collect();
    assert_eq!(kept.len(), before, "{kept:?}");
}

#[tokio::test]
async fn a_flood_of_refusals_is_few_rows_and_the_rest_is_counted() {
    let app = App::in_memory(|config| proxy(config, |proxy| proxy.trusted = vec!["127.0.0.0/8".parse().unwrap()])).await;
    let stranger = app.client().with("cookie", "bifrons_session=bfs_nonsense");
    for n in 0..500 {
        stranger.with("user-agent", format!("agent/{n}")).get_session().await.expect(401);
    }
    let alike = rows(&app).await;
    let times: i64 = alike.iter().map(|row| row.times).sum();
    assert_eq!(times, 500);
    assert!(alike.len() < 20, "{} rows of one requester: as many as seconds have passed", alike.len());
    for n in 0..1500 {
        stranger.with("x-forwarded-for", format!("10.0.{}.{}", n / 250, n % 250)).get_session().await.expect(401);
    }
    let all = rows(&app).await;
    let dropped = app.state.metrics.audit_dropped.get();
    assert!(all.len() <= 1000 && dropped >= 500, "{} rows, {dropped} dropped", all.len());
    assert_eq!(all.iter().map(|row| row.times).sum::<i64>() + i64::try_from(dropped).unwrap(), 2000, "each is one or the other");
    // What happens has its row all the same. What names a user, and warnings, have room of their own.
    app.ada().await;
    assert_eq!(rows(&app).await.len(), all.len() + 2);
    app.client().sign_in(EMAIL, WRONG).await.expect(401);
    app.client().with("origin", "https://evil.example").post("/v1/session", json!({})).await.expect(403);
    let after = rows(&app).await;
    assert!(["sign_in_refused", "origin_refused"].iter().all(|event| after.iter().any(|row| row.event == *event)));
}

#[tokio::test]
async fn an_expiry_is_recorded_once_and_at_its_time() {
    let app = App::start().await;
    let other = app.another().await;
    let (ada, idle) = (app.ada().await, app.client());
    maintenance::record_expired(&app.state).await.unwrap();
    idle.sign_in(EMAIL, PASSWORD).await.expect(200);
    let (session, start) = (idle.session().await, app.state.clock.now());
    let used = ada.session().await;
    for _ in 0..29 {
        app.advance(Duration::from_secs(50 * 60)).await;
        ada.get_session().await;
    }
    app.state.touches.idle().await;
    // A session that a later sign-in replaces had expired before.
    idle.sign_in(EMAIL, PASSWORD).await.expect(200);
    let recorded = tokio::join!(maintenance::record_expired(&app.state), maintenance::record_expired(&other.state));
    assert_eq!(recorded.0.unwrap() + recorded.1.unwrap(), 2);
    assert_eq!(maintenance::record_expired(&app.state).await.unwrap(), 0);
    let rows = rows(&app).await;
    let ended: Vec<_> = rows.iter().filter(|row| row.event.starts_with("session_")).collect();
    let of = |session| {
        ended.iter().find(|row| row.session_id == Some(session)).map(|row| (row.reason.as_str(), row.at, row.ip.as_ref()))
    };
    assert_eq!(ended.len(), 2, "{ended:?}");
    assert_eq!(of(session), Some(("idle", start.plus(Duration::from_secs(3600)), None)));
    assert_eq!(of(used), Some(("absolute", start.plus(Duration::from_secs(24 * 3600)), None)));
    assert!(ended.iter().all(|row| row.actor_kind == ActorKind::System && row.user_id.is_some()));
}

#[tokio::test]
async fn old_rows_are_removed_and_a_deleted_user_leaves_only_an_id() {
    let app = App::configured(|config| config.audit.keep = Some(Duration::from_secs(2 * 24 * 3600))).await;
    let ada = app.ada().await;
    let id = user_of(&ada).await;
    let template = rows(&app).await.remove(0);
    let before = app.state.clock.now().0 - 3 * 24 * 3600 * 1000;
    for chunk in 0..11_u128 {
        let old = (0..1000_u128).map(|n| {
            let number = (u128::try_from(before).unwrap() << 80) + chunk * 1000 + n;
            Model { id: AuditEventId(Uuid::from_u128(number)), ..template.clone() }.into_active_model()
        });
        Entity::insert_many(old).exec_without_returning(app.state.db.connection()).await.unwrap();
    }
    maintenance::purge(&app.state).await.unwrap();
    assert_eq!(rows(&app).await.len(), 2, "what is younger stays");
    app.client().sign_in(EMAIL, WRONG).await.expect(401);
    ada.send(Method::DELETE, "/v1/me", None).await.expect(204);
    let all = rows(&app).await;
    let kept: Vec<_> = all.iter().filter(|row| row.user_id == Some(id)).collect();
    let named = |row: &&&Model| row.ip.is_some() || row.user_agent.is_some();
    assert_eq!(kept.len(), 4, "the proof stays: {kept:?}");
    // The refusal was gathered before the deletion. The background may have stored it before or after: after, the next purge finds it.
    assert!(kept.iter().filter(named).all(|row| row.event == "sign_in_refused"), "{kept:?}");
    app.execute("UPDATE user SET changed_at = 0").await;
    maintenance::purge(&app.state).await.unwrap();
    let all = rows(&app).await;
    assert_eq!((all.len(), all.iter().filter(|row| row.ip.is_some()).count()), (4, 0));
    app.advance(Duration::from_secs(3 * 24 * 3600)).await;
    maintenance::purge(&app.state).await.unwrap();
    assert_eq!(rows(&app).await.len(), 0);
}

/// Nodes that start with the same settings again and again are no event.
#[tokio::test]
async fn the_configuration_is_compared_with_the_one_before() {
    let app = App::start().await;
    for (fingerprint, count) in [("one", 0), ("one", 0), ("two", 1), ("two", 1), ("one", 2)] {
        maintenance::note_configuration(&app.state, fingerprint.to_owned(), "started").await.unwrap();
        assert_eq!(rows(&app).await.len(), count);
    }
    assert_eq!(said(&rows(&app).await[0]), ("configuration_changed", "started", ActorKind::System, None, None));
}
