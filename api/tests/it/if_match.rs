//! `If-Match` of every operation that takes it, generated from the document: its form, and that an `ETag` is sent back as it came.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin_access::{GRACE, administrator},
    support::{App, specification::admin_operations},
};

/// A user and a webhook, by what their paths begin with.
async fn made(app: &App) -> (crate::support::Actor, [(String, Value); 2]) {
    let ada = administrator(app).await;
    let user = ada.post("/v1/admin/users", json!({ "email": GRACE })).await.expect(201);
    assert_eq!(user.header("etag"), "\"1\"");
    let webhook = ada.post("/v1/admin/webhooks", json!({ "url": "https://hooks.example.com" })).await.expect(201);
    assert_eq!(webhook.header("etag"), "\"1\"");
    let path = |kind: &str, made: &Value| format!("/v1/admin/{kind}/{}", made["id"].as_str().unwrap());
    let [user, webhook] = [user.json()["user"].clone(), webhook.json()["webhook"].clone()];
    let changes = [json!({ "locale": "ko" }), json!({ "description": "CRM" })];
    let [change_of_user, change_of_webhook] = changes;
    (ada, [(path("users", &user), change_of_user), (path("webhooks", &webhook), change_of_webhook)])
}

#[tokio::test]
async fn rfc_9110_13_1_1_a_malformed_or_weak_tag_is_no_version_conflict() {
    let app = App::start().await;
    let (ada, made) = made(&app).await;
    let mut count = 0;
    for operation in admin_operations() {
        let parameters = operation.document["parameters"].as_array().into_iter().flatten();
        if !parameters.into_iter().any(|one| one["in"] == "header" && one["name"] == "If-Match") {
            continue;
        }
        count += 1;
        let kind = operation.template.trim_end_matches("/{id}");
        let (path, change) = made.iter().find(|(path, _)| path.starts_with(kind)).unwrap();
        let body = operation.body().map(|_| change.clone());
        for malformed in ["7", "W/\"1\"", "", "\"1", "'1'", "*, \"1\""] {
            let answer = ada.with("if-match", malformed).send(operation.method.clone(), path, body.clone()).await;
            let answer = answer.expect_problem(422, "validation_failed");
            assert_eq!(answer.broken_rules(), [("If-Match".to_owned(), "format".to_owned())], "{} {malformed}", operation.id);
            let detail = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains("in double quotes") && detail.contains("without W/"), "{detail}");
        }
        for other in ["\"x\"", "\"7\"", "\"2\", \"3\""] {
            let answer = ada.with("if-match", other).send(operation.method.clone(), path, body.clone()).await;
            answer.expect_problem(409, "version_conflict");
        }
    }
    assert!(count >= 4);
}

#[tokio::test]
async fn rfc_9110_8_8_3_an_entity_tag_is_sent_back_as_it_came() {
    let app = App::start().await;
    let (ada, made) = made(&app).await;
    for (path, change) in made {
        let read = ada.get(&path).await.expect(200);
        let first = read.header("etag").to_owned();
        assert_eq!(first, format!("\"{}\"", read.json()["version"]), "{path}");
        let send = async |tag: &str| ada.with("if-match", tag).send(Method::PATCH, &path, Some(change.clone())).await;
        let second = send(&first).await.expect(200).header("etag").to_owned();
        assert_ne!(second, first);
        send(&first).await.expect_problem(409, "version_conflict");
        // The same value again changes nothing.
        assert_eq!(send(&format!("{first}, {second}")).await.expect(200).header("etag"), second);
        assert_eq!(send("*").await.expect(200).header("etag"), second);
        ada.with("if-match", second).delete(&path).await.expect(204);
    }
}
