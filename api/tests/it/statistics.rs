//! How many users, sessions and sign-ins there are.

use std::time::Duration;

use bifrons::accounts::AdminAction;
use entity::Scope;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    admin_access::{GRACE, administrator, program},
    support::{Actor, App, EMAIL, PASSWORD, binary::run, events::WRONG, operator, passkey::Passkey},
};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Days to come are left out, so the first two are the first two of January.
const JANUARY: &str = "from=2026-01-01&to=2026-01-31";

/// A program that reads statistics.
async fn reader(app: &App) -> Actor {
    program(app, [Scope::StatisticsRead], 400 * DAY).await.0
}

async fn ask(reader: &Actor, query: &str) -> Value {
    reader.get(&format!("/v1/admin/statistics?{query}")).await.expect(200).json()
}

/// The first of January has the users, the second one what happens there.
async fn two_days(app: &App) {
    administrator(app).await;
    app.client().sign_up("bob@example.com", PASSWORD).await.expect(201);
    operator::apply(&app.state, AdminAction::Disable, "bob@example.com").await;
    app.advance(DAY).await;
    let grace = app.client();
    grace.sign_up(GRACE, PASSWORD).await.expect(201);
    grace.sign_in(GRACE, PASSWORD).await.expect(200);
    Passkey::enrol(&grace).await;
    app.sql(&format!("UPDATE user SET email_verified = TRUE WHERE email = '{GRACE}'")).await;
    for _ in 0..3 {
        app.client().sign_in("bob@example.com", WRONG).await.expect(401);
    }
    app.client().sign_in(EMAIL, PASSWORD).await.expect(202);
    app.client().complete("totp", "000000").await.expect(401);
    grace.tokens(GRACE, PASSWORD).await.expect(202);
    app.client().sign_up("eve@example.com", PASSWORD).await.expect(201);
    app.client().tokens("eve@example.com", PASSWORD).await.expect(200);
    app.state.audit.flush(&app.state.db).await.unwrap();
}

#[tokio::test]
async fn what_happened_is_counted_by_day_and_as_the_command_does() {
    let app = App::start().await;
    two_days(&app).await;
    let reader = reader(&app).await;
    let said = ask(&reader, JANUARY).await;
    assert_eq!(said["users"], json!({ "total": 4, "disabled": 1, "verified": 1, "second_factor": 2, "passkey": 1 }), "{said}");
    // Those of the first day have ended: they were not used for an hour.
    assert_eq!(said["sessions"], json!({ "cookie": 1, "token": 1 }));
    let second = json!({ "day": "2026-01-02", "sign_ins": 2, "refused": 4, "sign_ups": 2 });
    assert_eq!(said["days"][1], second);
    assert_eq!((&said["days"][0]["sign_ups"], said["days"].as_array().unwrap().len()), (&json!(2), 2), "no day to come");
    assert_eq!(said["as_of"], "2026-01-02T09:01:00.000Z");

    let url = app.state.config.database.url.clone();
    let folder = tempdir().unwrap();
    let command = |arguments: &[&str]| {
        let environment = [("BIFRONS_DATABASE__URL", url.as_str()), ("BIFRONS_AUDIT__KEEP", "off")];
        let output = run(folder.path(), &[&["statistics"], arguments].concat(), &environment);
        (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (_, printed) = command(&["--from", "2026-01-01", "--to", "2026-01-02", "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&printed["days"], &printed["users"]), (&said["days"], &said["users"]));
    let (_, table) = command(&["--from", "2026-01-02", "--to", "2026-01-02"]);
    assert!(table.contains("\n2026-01-02         2         4         2  ####") && table.contains("\n  passkey "), "{table}");
    for wrong in [&["--from", "2026-01-32"][..], &["--from", "2026-01-01T09:00:00Z"]] {
        let (code, sentence) = command(wrong);
        assert!(code == 2 && sentence.contains("write a day as 2026-01-31"), "{sentence}");
    }
    let (code, sentence) = command(&["--from", "2026-01-02", "--to", "2026-01-01"]);
    assert!(code == 1 && sentence.contains("give 1 to 90 days"), "{sentence}");
}

/// Anyone who may ask could ask all the time, and the tables may be large.
#[tokio::test]
async fn callers_share_what_was_counted_within_a_minute() {
    let app = App::start().await;
    two_days(&app).await;
    let reader = reader(&app).await;
    let first = ask(&reader, JANUARY).await;
    app.client().sign_up("new@example.com", PASSWORD).await.expect(201);
    app.advance(Duration::from_secs(59)).await;
    for said in join_all((0..20).map(|_| ask(&reader, JANUARY))).await {
        assert_eq!(said, first);
    }
    app.advance(Duration::from_secs(1)).await;
    let next = ask(&reader, JANUARY).await;
    assert_eq!((&next["users"]["total"], &next["as_of"]), (&json!(5), &json!("2026-01-02T09:02:00.000Z")));
    assert_eq!((&next["days"][1]["sign_ups"], &first["days"][1]["sign_ups"]), (&json!(3), &json!(2)));

    // A day that ended an hour ago is counted once. A row that is stored before that counts.
    app.advance(15 * HOUR - Duration::from_secs(120)).await;
    ask(&reader, JANUARY).await;
    app.execute("UPDATE audit_event SET times = times + 1 WHERE event = 'second_factor_refused'").await;
    app.advance(HOUR).await;
    let settled = ask(&reader, JANUARY).await["days"].clone();
    assert_eq!(settled[1]["refused"], 5);
    app.execute("DELETE FROM audit_event").await;
    app.advance(HOUR).await;
    assert_eq!(ask(&reader, JANUARY).await["days"], settled);
    let other = app.another().await;
    assert_eq!(ask(&reader.at(&other), JANUARY).await["days"][1]["refused"], 0, "this one counted none of it");
}

#[tokio::test]
async fn days_without_all_their_rows_are_left_out_and_wrong_ranges_are_refused() {
    let app = App::configured(|config| config.audit.keep = Some(2 * DAY)).await;
    app.advance(4 * DAY).await;
    let reader = reader(&app).await;
    let days = async |query: &str| {
        let said = ask(&reader, query).await;
        said["days"].as_array().unwrap().iter().map(|day| day["day"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(days("").await, ["2026-01-04", "2026-01-05"]);
    assert_eq!(days("to=2026-01-04").await, ["2026-01-04"]);
    assert_eq!(days("from=2025-10-08&to=2026-01-05").await.len(), 2, "90 days");
    for none in ["from=9999-12-01&to=9999-12-31", "from=0001-01-01&to=0001-01-02", "to=0001-01-01"] {
        assert_eq!(days(none).await, Vec::<String>::new(), "{none}");
    }
    for range in
        ["from=2026-01-05&to=2026-01-04", "from=2025-10-07&to=2026-01-05", "from=2026-01-06", "from=0001-01-01&to=9999-12-31"]
    {
        let refused = reader.get(&format!("/v1/admin/statistics?{range}")).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.broken_rules(), [("from".to_owned(), "conflict".to_owned())], "{range}");
    }
    for wrong in ["2026-02-29", "2026-1-5", "2026-01-05T00:00:00Z", "today", "", "-001-01-01"] {
        for name in ["from", "to"] {
            let refused = reader.get(&format!("/v1/admin/statistics?{name}={wrong}")).await.expect(422);
            assert_eq!(refused.broken_rules()[0].0, name, "{wrong}");
        }
    }
}
