//! Which mails were not delivered, in the admin API.

use std::collections::BTreeSet;

use bifrons::{
    administration::{self, MailError},
    audit::Event,
    authorization::{self, Operator},
};
use entity::Scope;
use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin_access::{HOUR, administrator, program},
    mail::{app, forgot, sign_up},
    support::{Actor, Answer, App, EMAIL, redis::until, smtp::SmtpServer},
};

async fn retry(who: &Actor, id: &str) -> Answer {
    who.send(Method::POST, &format!("/v1/admin/mail/{id}/retry"), None).await
}

async fn discard(who: &Actor, id: &str) -> Answer {
    who.delete(&format!("/v1/admin/mail/{id}")).await
}

async fn list(who: &Actor, query: &str) -> Vec<Value> {
    who.get(&format!("/v1/admin/mail?{query}")).await.expect(200).json()["items"].as_array().unwrap().clone()
}

/// The mails to an address, by id.
fn to(mails: &[Value], recipient: &str) -> Vec<String> {
    let to = mails.iter().filter(|mail| mail["recipient"] == recipient);
    to.map(|mail| mail["id"].as_str().unwrap().to_owned()).collect()
}

/// A server that refuses all mail, an administrator, and three users who forgot their passwords.
async fn refused() -> (SmtpServer, App, Actor) {
    let server = SmtpServer::start("refuse");
    let app = app(server.mail()).await;
    let ada = administrator(&app).await;
    for n in 0..3 {
        sign_up(&app, &format!("user{n}@example.com")).await;
        forgot(&app.client(), &format!("user{n}@example.com")).await;
    }
    until(async || {
        let resets = "SELECT count(*) FROM outgoing_mail WHERE kind = 'reset_password' AND dead_at IS NOT NULL";
        app.count(resets).await == 3 && app.count("SELECT count(*) FROM outgoing_mail WHERE dead_at IS NULL").await == 0
    })
    .await;
    (server, app, ada)
}

#[tokio::test]
async fn mails_that_did_not_arrive_are_listed_without_their_content() {
    let (_server, app, ada) = refused().await;
    let (key, id) = program(&app, [Scope::MailRead, Scope::AuditRead], HOUR).await;
    let all = list(&key, "").await;
    let resets: Vec<_> = all.iter().filter(|mail| mail["kind"] == "reset_password").collect();
    assert_eq!((resets.len(), &resets[0]["status"], &resets[0]["failure"]), (3, &json!("dead"), &json!("RCPT TO: 550")));
    assert!(resets.iter().all(|mail| mail["attempts"] == 1 && mail["next_attempt_at"].is_null()));
    let text = key.get("/v1/admin/mail").await.expect(200).text;
    assert!(!["bfo_", "http", "content", "locale"].iter().any(|secret| text.contains(secret)), "{text}");

    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let page = key.get(&format!("/v1/admin/mail?limit=1{after}")).await.expect(200).json();
        pages.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(pages, all);
    assert_eq!(list(&key, "status=dead").await, all);
    assert_eq!(list(&key, "status=waiting").await, Vec::<Value>::new());
    app.execute("UPDATE outgoing_mail SET dead_at = NULL, next_attempt_at = 32503680000000 WHERE recipient LIKE 'user1@%'").await;
    let waiting = list(&key, "status=waiting&limit=100").await;
    assert_eq!((waiting.len(), &waiting[0]["next_attempt_at"]), (1, &json!("3000-01-01T00:00:00.000Z")));
    assert!(waiting[0]["dead_at"].is_null() && waiting[0]["status"] == "waiting");
    assert_eq!(list(&key, "status=dead").await.len(), all.len() - 1);

    let user = waiting[0]["user_id"].as_str().unwrap();
    assert_eq!(list(&key, &format!("user={user}")).await, waiting);
    for nothing in [
        "user=00000000-0000-0000-0000-000000000000".to_owned(),
        format!("user={}", waiting[0]["id"].as_str().unwrap()),
        format!("user={user}&status=dead"),
        format!("user={user}&after={}", waiting[0]["id"].as_str().unwrap()),
        "after=ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned(),
    ] {
        assert_eq!(list(&ada, &nothing).await, Vec::<Value>::new(), "{nothing}");
    }
    for wrong in ["status=sent", "status=", "user=ada@example.com", "after=1", "after=%27", "limit=0", "limit=101", "limit=-1"] {
        let refused = key.get(&format!("/v1/admin/mail?{wrong}")).await.expect(422);
        assert!(wrong.starts_with(&refused.broken_rules()[0].0), "{wrong}: {}", refused.text);
    }
    app.state.audit.flush(&app.state.db).await.unwrap();
    let reads = key.get("/v1/admin/audit?event=user_read").await.expect(200).json()["items"].clone();
    let read = (&reads[0]["reason"], &reads[0]["user_id"], &reads[0]["actor_id"]);
    assert_eq!(read, (&json!("mail"), &json!(user), &json!(id.0)));
    assert!(reads[1].is_null(), "who has no mail was not read about: {reads}");
}

#[tokio::test]
async fn operators_deliver_mails_again_and_remove_them() {
    let (mut server, app, ada) = refused().await;
    let (key, id) = program(&app, [Scope::MailRead, Scope::MailWrite, Scope::AuditRead], HOUR).await;
    let all = list(&key, "").await;
    let [of_first, of_second, of_third] = [0, 1, 2].map(|n| to(&all, &format!("user{n}@example.com")).pop().unwrap());
    // Ada has a mail about her second factor. It may warn her of the key.
    let of_ada = to(&all, EMAIL).pop().unwrap();
    for answer in [retry(&key, &of_ada).await, discard(&key, &of_ada).await] {
        answer.expect_problem(403, "admin_required");
    }
    let user = all.iter().find(|mail| mail["id"] == of_first).unwrap()["user_id"].as_str().unwrap();
    for unknown in [user, &id.0.to_string(), "00000000-0000-0000-0000-000000000000"] {
        retry(&ada, unknown).await.expect_problem(404, "not_found");
        discard(&ada, unknown).await.expect_problem(404, "not_found");
    }
    for wrong in ["1", "%2e%2e", "all", "019b7a3d2f407c319d1e5b7a60c41f2a"] {
        retry(&ada, wrong).await.expect_problem(404, "not_found");
        discard(&ada, wrong).await.expect_problem(404, "not_found");
    }
    server.become_mode("ok");
    let (one, other) = join(retry(&key, &of_first), retry(&ada, &of_first)).await;
    assert_eq!([one.status, other.status].into_iter().collect::<BTreeSet<_>>(), [204, 404].into());
    assert_eq!(server.until_received(1).await[0].to, "user0@example.com");
    until(async || to(&list(&key, "").await, "user0@example.com").is_empty()).await;
    retry(&ada, &of_first).await.expect_problem(404, "not_found");
    let (one, other) = join(discard(&key, &of_second), discard(&ada, &of_second)).await;
    assert_eq!([one.status, other.status].into_iter().collect::<BTreeSet<_>>(), [204, 404].into());
    app.execute("UPDATE outgoing_mail SET dead_at = NULL, next_attempt_at = 32503680000000 WHERE recipient LIKE 'user2@%'").await;
    retry(&key, &of_third).await.expect_problem(404, "not_found");
    discard(&key, &of_third).await.expect(204);
    discard(&ada, &of_ada).await.expect(204);

    let rows = async |event: Event| {
        let rows = key.get(&format!("/v1/admin/audit?event={}", event.name())).await.expect(200).json();
        rows["items"].as_array().unwrap().clone()
    };
    let retried = rows(Event::MailRetried).await;
    assert_eq!((retried.len(), &retried[0]["user_id"]), (1, &json!(user)));
    assert_eq!(retried[0]["detail"], format!("{of_first} reset_password"));
    let discarded = rows(Event::MailDiscarded).await;
    let third = discarded.iter().find(|row| row["detail"].as_str().unwrap().starts_with(&of_third)).unwrap();
    assert_eq!((discarded.len(), &third["actor_id"]), (3, &json!(id.0.to_string())));

    // What was allowed when the request began is checked again in its transaction.
    assert!(authorization::revoke_admin_key(&app.state, id).await.unwrap());
    let by = || Operator::Key(id);
    for done in
        [administration::discard_mail(&app.state, by(), None).await, administration::retry_mail(&app.state, by(), None).await]
    {
        assert!(matches!(done, Err(MailError::NotAllowedAnyMore)), "{done:?}");
    }
}
