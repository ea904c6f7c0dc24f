//! Two nodes that change one account at the same moment. With Galera, each node of the service has another node of the database, and a lock
//! of a row holds on one of them only.

use std::time::Duration;

use bifrons::accounts::{self, AdminAction, OperatorError, UserChange};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    administrators::join,
    support::{App, EMAIL, PASSWORD, operator},
};

/// Two nodes, each with its own node of the database if there are several.
async fn nodes() -> [App; 2] {
    let one = App::start().await;
    let two = one.another().await;
    [one, two]
}

const LIVE: &str = "SELECT count(*) FROM session WHERE ended_at IS NULL";

/// After either, no session is live that was opened before, whichever came first.
#[tokio::test(flavor = "multi_thread")]
async fn no_session_outlives_a_disabled_user_or_a_new_password() {
    let [one, two] = nodes().await;
    one.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    for round in 0..24 {
        let opening = join_all((0..4).map(async |_| one.client().sign_in(EMAIL, PASSWORD).await.status));
        let disabling = async {
            tokio::time::sleep(Duration::from_millis(round % 8)).await;
            operator::apply(&two.state, AdminAction::Disable, EMAIL).await
        };
        let (opened, _) = tokio::join!(opening, disabling);
        assert!(opened.iter().all(|status| matches!(status, 200 | 401 | 503)), "{opened:?}");
        assert_eq!(two.count(LIVE).await, 0, "round {round}: {opened:?}");
        operator::apply(&two.state, AdminAction::Enable, EMAIL).await;
    }
    let mut password = PASSWORD.to_owned();
    for round in 0..12 {
        let ada = two.client();
        ada.sign_in(EMAIL, &password).await.expect(200);
        let next = format!("another horse {round}");
        let opening = join_all((0..4).map(async |_| one.client().sign_in(EMAIL, &password).await.status));
        let changing = async {
            tokio::time::sleep(Duration::from_millis(round % 6)).await;
            ada.change_password(&password, &next).await.expect(200)
        };
        let (opened, _) = tokio::join!(opening, changing);
        assert_eq!(two.count(LIVE).await, 1, "round {round}: the session that changed the password, beside {opened:?}");
        password = next;
    }
}

/// Each of two nodes removes the administrator whom the other one leaves.
#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_do_not_remove_each_others_last_administrator() {
    let [one, two] = nodes().await;
    for round in 0..16 {
        let emails = [0, 1].map(|number| format!("admin-{round}-{number}@example.com"));
        for email in &emails {
            join(&one, email, "admin").await;
        }
        let removals = [(&one, &emails[0]), (&two, &emails[1])].map(|(node, email)| async move {
            let instruction = operator::instruct(&node.state, email).await;
            if round % 2 == 0 {
                accounts::apply(&node.state, instruction, AdminAction::Disable).await.map(drop)
            } else {
                let roles = Some("editor".parse().unwrap());
                let change = UserChange { roles, knows_user: true, ..UserChange::default() };
                accounts::update_user(&node.state, instruction, change).await.map(drop)
            }
        });
        let done = join_all(removals).await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "round {round}: {done:?}");
        assert!(done.iter().any(|done| matches!(done, Err(OperatorError::LastAdministrator))), "round {round}: {done:?}");
        // The next round has two of its own.
        one.execute("UPDATE user SET roles = '' WHERE roles = 'admin'").await;
    }
}

/// What one node acknowledged, the other one knows: a new password, an end, a change in the name of a session that has ended.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_acknowledged_another_one_reads() {
    let [one, two] = nodes().await;
    for round in 0..24 {
        let email = format!("reader-{round}@example.com");
        let ada = one.client();
        ada.sign_up(&email, PASSWORD).await.expect(201);
        ada.at(&two).sign_in(&email, PASSWORD).await.expect(200);
        let renamed = json!({"name": format!("Name {round}")});
        let ended = ada.snapshot();
        ada.sign_out().await.expect(204);
        ended.at(&two).send(reqwest::Method::PATCH, "/v1/me", Some(renamed)).await.expect(401);
    }
    assert_eq!(one.count("SELECT count(*) FROM user WHERE name IS NOT NULL").await, 0);
}
