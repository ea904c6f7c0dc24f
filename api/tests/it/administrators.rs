//! Roles, and the administrator who is always left.

use std::time::Duration;

use bifrons::{
    accounts::{self, AdminAction, CreateUser, Instruction, OperatorError, UserChange, UserFilter},
    authorization::Operator,
    email_address::EmailAddress,
};
use entity::{Roles, user::Status};
use serde_json::json;

use crate::support::{App, EMAIL, PASSWORD, operator};

/// Creates a user with these roles.
pub async fn create(app: &App, email: &str, roles: &str) -> accounts::CreatedUser {
    let create = CreateUser {
        email: EmailAddress::parse(email).unwrap(),
        name: Some(format!("Name of {email}")),
        locale: None,
        roles: roles.parse().unwrap(),
    };
    app.advance(Duration::from_millis(1)).await;
    accounts::create_user(&app.state, Operator::CommandLine, create).await.unwrap()
}

/// Creates a user with these roles, who chooses a password: without one, an administrator cannot sign in.
pub async fn join(app: &App, email: &str, roles: &str) {
    let token = create(app, email, roles).await.token.reveal().to_string();
    app.client().post("/v1/password/reset", json!({ "token": token, "new_password": PASSWORD })).await.expect(204);
}

async fn set_roles(app: &App, email: &str, roles: &str) -> Result<(), OperatorError> {
    let change = UserChange { roles: Some(roles.parse().unwrap()), knows_user: true, ..UserChange::default() };
    accounts::update_user(&app.state, operator::instruct(&app.state, email).await, change).await.map(drop)
}

#[tokio::test]
async fn roles_are_in_sessions_and_in_access_tokens_at_once() {
    let app = App::start().await;
    let ada = app.ada().await;
    assert_eq!(ada.get("/v1/session").await.expect(200).json()["user"]["roles"], json!([]));
    set_roles(&app, EMAIL, "editor admin").await.unwrap();
    assert_eq!(ada.get("/v1/session").await.expect(200).json()["user"]["roles"], json!(["admin", "editor"]));
    let minted = app.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    assert_eq!(app.client().with_token(&minted).get("/v1/me").await.expect(200).json()["roles"], json!(["admin", "editor"]));
    for wrong in [vec!["Admin".to_owned()], vec![String::new()], (0..17).map(|number| format!("r{number}")).collect()] {
        assert!(Roles::new(wrong).is_err());
    }
}

#[tokio::test]
async fn the_last_enabled_administrator_stays() {
    let app = App::start().await;
    let ada = app.ada().await;
    set_roles(&app, EMAIL, "admin").await.unwrap();
    join(&app, "disabled@example.com", "admin").await;
    operator::apply(&app.state, AdminAction::Disable, "disabled@example.com").await;
    join(&app, "other@example.com", "administrator admin-2").await;
    // One who never chose a password, and has no passkey, cannot sign in, and may go.
    create(&app, "never@example.com", "admin").await;
    let refused = async || {
        let instruct = async || operator::instruct(&app.state, EMAIL).await;
        [
            accounts::apply(&app.state, instruct().await, AdminAction::Disable).await.map(drop),
            accounts::delete_user(&app.state, instruct().await).await,
            set_roles(&app, EMAIL, "editor").await,
            set_roles(&app, EMAIL, "").await,
        ]
        .into_iter()
        .all(|done| matches!(done, Err(OperatorError::LastAdministrator)))
    };
    assert!(refused().await);
    operator::apply(&app.state, AdminAction::Disable, "never@example.com").await;
    ada.delete("/v1/me").await.expect_problem(409, "last_administrator");
    ada.get_session().await.expect(200);
    set_roles(&app, EMAIL, "admin editor").await.unwrap();
    // One who leaves after a grace does not count.
    let grace = app.reconfigured(|config| config.accounts.deletion_grace = Duration::from_secs(3600)).await;
    set_roles(&app, "other@example.com", "admin").await.unwrap();
    grace.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    let leaving = grace.client();
    leaving.sign_in(EMAIL, PASSWORD).await.expect(200);
    leaving.delete("/v1/me").await.expect(204);
    let other = operator::instruct(&app.state, "other@example.com").await;
    let demoted = accounts::apply(&app.state, other, AdminAction::Disable).await;
    assert!(matches!(demoted, Err(OperatorError::LastAdministrator)), "{demoted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_operators_who_remove_each_others_administrators_one_is_refused() {
    let app = App::start().await;
    for round in 0..8 {
        let emails: Vec<_> = (0..3).map(|number| format!("admin-{round}-{number}@example.com")).collect();
        for email in &emails {
            join(&app, email, "admin").await;
        }
        if round > 0 {
            let before = format!("admin-{}-", round - 1);
            let filter = UserFilter { email_beginning: Some(before), role: Some("admin".to_owned()), ..UserFilter::default() };
            for user in accounts::list_users(&app.state, &filter, None, 9).await.unwrap() {
                set_roles(&app, &user.email, "").await.unwrap();
            }
        }
        let removals = emails.iter().enumerate().map(|(number, email)| {
            let app = &app;
            async move {
                let instruction = operator::instruct(&app.state, email).await;
                match number {
                    0 => accounts::apply(&app.state, instruction, AdminAction::Disable).await.map(drop),
                    1 => accounts::delete_user(&app.state, instruction).await,
                    _ => set_roles(app, email, "editor").await,
                }
            }
        });
        let done = futures_util::future::join_all(removals).await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 2, "{done:?}");
        assert!(done.iter().any(|done| matches!(done, Err(OperatorError::LastAdministrator))), "{done:?}");
        let filter = UserFilter { role: Some("admin".to_owned()), status: Some(Status::Active), ..UserFilter::default() };
        assert_eq!(accounts::list_users(&app.state, &filter, None, 9).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_list_has_one_order_and_one_meaning_on_every_database() {
    let app = App::start().await;
    for (email, roles) in [
        ("zoe@example.com", "editor"),
        ("Ada@example.com", "admin"),
        ("ada_x@example.com", "edit"),
        ("adabx@example.com", "a_c"),
        ("\u{e9}va@example.com", "abc editor-in-chief"),
        ("eva@example.com", "admin editor reader"),
    ] {
        create(&app, email, roles).await;
    }
    app.sql("UPDATE user SET name = '100% ADA_LOVELACE' WHERE email_canonical = 'zoe@example.com'").await;
    operator::apply(&app.state, AdminAction::Disable, "zoe@example.com").await;
    accounts::delete_user(&app.state, operator::instruct(&app.state, "adabx@example.com").await).await.unwrap();
    let list = async |filter: UserFilter| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = accounts::list_users(&app.state, &filter, after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            found.extend(page.into_iter().map(|user| user.email.trim_end_matches("@example.com").to_owned()));
        }
        found
    };
    let all = UserFilter::default;
    let email = |beginning: &str| UserFilter { email_beginning: Some(beginning.to_owned()), ..all() };
    let name = |part: &str| UserFilter { name_part: Some(part.to_owned()), ..all() };
    let role = |name: &str| UserFilter { role: Some(name.to_owned()), ..all() };
    assert_eq!(list(all()).await, ["eva", "\u{e9}va", "ada_x", "Ada", "zoe"], "newest first, without the deleted one");
    assert_eq!(list(email("ADA")).await, ["ada_x", "Ada"]);
    assert_eq!(list(email("ada_")).await, ["ada_x"], "no pattern");
    assert_eq!(list(email("\u{e9}")).await, ["\u{e9}va"], "another letter than e");
    assert_eq!(list(email("e")).await, ["eva"]);
    assert_eq!(list(email("%")).await, [""; 0]);
    assert_eq!(list(email("")).await.len(), 5);
    assert_eq!(list(name("a_l")).await, ["zoe"], "without regard to case, and no pattern");
    assert_eq!(list(name("0%")).await, ["zoe"]);
    assert_eq!(list(name("!")).await, [""; 0]);
    assert_eq!(list(role("editor")).await, ["eva", "zoe"], "the last of several, and the only one");
    assert_eq!(list(role("admin")).await, ["eva", "Ada"]);
    assert_eq!(list(role("edit")).await, ["ada_x"], "no part of another");
    assert_eq!(list(role("reader")).await, ["eva"]);
    assert_eq!(list(role("a_c")).await, [""; 0], "abc is another role");
    assert_eq!(list(UserFilter { status: Some(Status::Disabled), ..all() }).await, ["zoe"]);
    assert_eq!(list(UserFilter { second_factor: Some(true), ..all() }).await, [""; 0]);
    let several = UserFilter { status: Some(Status::Active), second_factor: Some(false), ..role("editor") };
    assert_eq!(list(several).await, ["eva"]);
}

#[tokio::test]
async fn of_two_operators_who_read_one_user_the_second_does_not_overwrite() {
    let app = App::start().await;
    let created = create(&app, EMAIL, "reader").await.user;
    let change = |roles: &str| UserChange { roles: Some(roles.parse().unwrap()), ..UserChange::default() };
    let read = Instruction { by: Operator::CommandLine, user: created.id, versions: Some(vec![created.version]) };
    let first = accounts::update_user(&app.state, read.clone(), change("editor")).await.unwrap();
    assert_eq!((first.roles.to_string().as_str(), first.version), ("editor", created.version + 1));
    let second = accounts::update_user(&app.state, read.clone(), change("owner")).await;
    assert!(matches!(second, Err(OperatorError::Changed)), "{second:?}");
    assert!(matches!(accounts::delete_user(&app.state, read).await, Err(OperatorError::Changed)));
    assert_eq!(app.count("SELECT count(*) FROM user WHERE roles = 'editor'").await, 1);
}
