//! Who may call the admin API, generated from its document.

use std::time::Duration;

use bifrons::{
    accounts::{self, UserChange},
    authorization,
    http::spec::{self, Api},
};
use entity::{Scope, Scopes};
use serde_json::{Value, json};

use crate::support::{
    Actor, App, EMAIL, PASSWORD,
    authenticator::{Authenticator, STEP},
    operator,
    specification::{ADMIN_DOCUMENT, DOCUMENT, Operation, admin_operations},
};

pub const GRACE: &str = "grace@example.com";

/// Gives a user these roles.
pub async fn set_roles(app: &App, email: &str, roles: &str) {
    let change = UserChange { roles: Some(roles.parse().unwrap()), knows_user: true, ..UserChange::default() };
    accounts::update_user(&app.state, operator::instruct(&app.state, email).await, change).await.unwrap();
}

/// Ada, an administrator who signed in with two factors.
pub async fn administrator(app: &App) -> Actor {
    let ada = app.ada().await;
    let authenticator = Authenticator::enrol(app, &ada).await;
    set_roles(app, EMAIL, "admin").await;
    let ada = app.client();
    ada.sign_in(EMAIL, PASSWORD).await.expect(202);
    ada.complete("totp", &authenticator.code(app)).await.expect(200);
    app.advance(STEP).await;
    ada
}

/// A program with a key, and the key's id.
pub async fn program(app: &App, scopes: impl IntoIterator<Item = Scope>, within: Duration) -> (Actor, entity::AdminKeyId) {
    let until = app.state.clock.now().plus(within);
    let made = authorization::create_admin_key(&app.state, "test", Scopes::from_iter(scopes), until).await;
    let (key, row) = made.unwrap();
    (app.client().with_token(&key.reveal()), row.id)
}

pub const HOUR: Duration = Duration::from_secs(3600);

/// Whom a caller is, and what the document says of them.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Refused(u16, &'static str),
    /// A key with this scope.
    Scope(Scope),
    Allowed,
}

async fn meets(operation: &Operation, caller: &Actor, who: &str, expected: Expected) {
    let what = format!("{} as {who}", operation.id);
    let demanded = operation.document["x-admin-scope"].as_str().unwrap();
    for body in [None, operation.example(), Some(json!({ "nonsense": 1 }))] {
        let answer = caller.send(operation.method.clone(), &operation.path(), body).await;
        let refusal = match expected {
            Expected::Refused(status, code) => Some((status, code)),
            Expected::Scope(scope) if scope.name() != demanded => Some((403, "scope_missing")),
            Expected::Scope(_) | Expected::Allowed => None,
        };
        match refusal {
            Some((status, code)) => assert_eq!((answer.status, answer.code().as_str()), (status, code), "{what}"),
            None => assert!(![401, 403, 500].contains(&answer.status), "{what}: {}", answer.text),
        }
    }
}

#[tokio::test]
async fn asvs_8_2_1_every_operation_demands_an_operator() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let user = app.client();
    user.sign_up(GRACE, PASSWORD).await.expect(201);
    user.sign_in(GRACE, PASSWORD).await.expect(200);
    let one_factor = app.client();
    one_factor.sign_up("one@example.com", PASSWORD).await.expect(201);
    set_roles(&app, "one@example.com", "admin").await;
    one_factor.sign_in("one@example.com", PASSWORD).await.expect(200);
    let (revoked, id) = program(&app, Scope::ALL, HOUR).await;
    assert!(authorization::revoke_admin_key(&app.state, id).await.unwrap());
    let (expired, _) = program(&app, Scope::ALL, Duration::from_millis(1)).await;
    app.advance(Duration::from_millis(1)).await;
    let forged = format!("bfa_{}", "A".repeat(64));
    let mut callers = vec![
        ("a client without a credential", app.client(), Expected::Refused(401, "unauthenticated")),
        ("a user", user, Expected::Refused(403, "admin_required")),
        ("an administrator with one factor", one_factor, Expected::Refused(403, "second_factor_required")),
        ("a revoked key", revoked, Expected::Refused(401, "invalid_admin_key")),
        ("an expired key", expired, Expected::Refused(401, "invalid_admin_key")),
        ("a forged key", app.client().with_token(&forged), Expected::Refused(401, "invalid_admin_key")),
        ("another token", app.client().with_token("nonsense"), Expected::Refused(401, "invalid_token")),
        ("an administrator", ada.clone(), Expected::Allowed),
    ];
    for scope in Scope::ALL {
        callers.push((scope.name(), program(&app, [scope], HOUR * 24).await.0, Expected::Scope(scope)));
    }
    let operations = admin_operations();
    assert!(operations.len() >= 12);
    for operation in &operations {
        assert_eq!(operation.document["security"], json!([{"cookieAuth": []}, {"bearerAuth": []}, {"adminKey": []}]));
        for (who, caller, expected) in &callers {
            meets(operation, caller, who, *expected).await;
        }
    }
    app.advance(app.state.config.sessions.fresh_for).await;
    for operation in &operations {
        meets(operation, &ada, "a stale administrator", Expected::Refused(403, "reauthentication_required")).await;
    }
    let (key, _) = program(&app, Scope::ALL, HOUR).await;
    let elsewhere = app.reconfigured(|config| config.admin.networks = vec!["10.0.0.0/8".parse().unwrap()]).await;
    let here = app.reconfigured(|config| config.admin.networks = vec!["127.0.0.0/8".parse().unwrap()]).await;
    for operation in &operations {
        for caller in [app.client(), ada.clone(), key.clone()] {
            meets(operation, &caller.at(&elsewhere), "from elsewhere", Expected::Refused(403, "network_not_allowed")).await;
        }
        meets(operation, &key.at(&here), "from a listed network", Expected::Allowed).await;
    }
    // A key opens nothing else.
    key.get("/v1/me").await.expect_problem(401, "invalid_token");
}

/// Public clients do not grow because of the admin API.
#[test]
fn the_public_document_has_nothing_of_the_admin_api() {
    let public = spec::spec(Api::Public);
    assert!(!public.contains("/v1/admin") && !public.contains("adminKey"));
    let codes = |document: &Value| document["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap().clone();
    for code in ["admin_required", "scope_missing", "network_not_allowed", "invalid_admin_key", "version_conflict", "user_disabled"]
    {
        assert!(codes(&ADMIN_DOCUMENT).contains(&json!(code)) && !public.contains(code), "{code}");
    }
    for code in codes(&DOCUMENT) {
        assert!(codes(&ADMIN_DOCUMENT).contains(&code), "{code}");
    }
}
