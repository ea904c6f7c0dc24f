//! Signing keys in the admin API.

use std::{collections::BTreeSet, time::Duration};

use bifrons::{
    administration::{self, ChangeKeyError, MAX_KEYS},
    audit::Event,
    authorization::{self, Operator},
    clock::rfc_3339,
    maintenance::keep_keys,
};
use entity::Scope;
use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin_access::{HOUR, administrator, program},
    signing_keys::signing,
    support::{Actor, Answer, App, EMAIL, PASSWORD},
};

async fn list(who: &Actor) -> Vec<Value> {
    who.get("/v1/admin/keys").await.expect(200).json()["items"].as_array().unwrap().clone()
}

async fn rotate(who: &Actor, body: Value) -> Answer {
    who.post("/v1/admin/keys/rotate", body).await
}

async fn retire(who: &Actor, id: &str) -> Answer {
    who.send(Method::POST, &format!("/v1/admin/keys/{id}/retire"), None).await
}

/// A key was stolen: the next one signs as soon as all nodes know it, and the tokens of the stolen one are void.
#[tokio::test]
async fn a_stolen_key_is_replaced() {
    let app = App::start().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let token = app.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    let (key, _) = program(&app, [Scope::KeysRead, Scope::KeysWrite], HOUR).await;
    let stolen = signing(&app);
    let [first] = list(&key).await.try_into().unwrap();
    assert_eq!(first["signs_from"], rfc_3339(app.state.clock.now()));
    assert_eq!((&first["id"], &first["stage"], &first["algorithm"]), (&json!(stolen), &json!("signing"), &json!("EdDSA")));
    assert_eq!(first.as_object().unwrap().len(), 4, "no key material: {first}");
    retire(&key, &stolen).await.expect_problem(409, "key_signs");

    let next = rotate(&key, json!({ "now": true })).await.expect(201).json();
    let at = app.state.clock.now().plus(Duration::from_secs(20));
    assert_eq!((&next["signs_from"], &next["algorithm"]), (&json!(rfc_3339(at)), &json!("EdDSA")));
    assert_eq!(list(&key).await[1]["stage"], "published");
    retire(&key, &stolen).await.expect_problem(409, "key_signs");
    app.advance(Duration::from_secs(20)).await;
    keep_keys(&app.state).await.unwrap();
    assert_eq!(signing(&app), next["id"].as_str().unwrap());
    let retired = list(&key).await.remove(0);
    assert_eq!(retired["published_until"], rfc_3339(at.plus(25 * HOUR)));
    app.client().with_token(&token).get_session().await.expect(200);
    retire(&key, &stolen).await.expect(204);
    keep_keys(&app.state).await.unwrap();
    app.client().with_token(&token).get_session().await.expect_problem(401, "invalid_token");
    retire(&key, &stolen).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn two_operators_change_the_keys_at_once_and_there_are_never_too_many() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let (key, id) = program(&app, [Scope::KeysRead, Scope::KeysWrite, Scope::AuditRead], HOUR).await;
    let (one, other) = join(rotate(&key, json!({})), rotate(&ada, json!({ "now": false }))).await;
    let [one, other] = [one, other].map(|answer| answer.expect(201).string("/id"));
    let signs_from = rfc_3339(app.state.clock.now().plus(Duration::from_secs(600)));
    let keys = list(&key).await;
    assert_eq!(keys[1..].iter().map(|key| key["id"].as_str().unwrap()).collect::<BTreeSet<_>>(), [&*one, &*other].into());
    assert!(keys[1..].iter().all(|key| key["signs_from"] == signs_from));
    let (first, second) = join(retire(&key, &one), retire(&ada, &one)).await;
    assert_eq!([first.status, second.status].into_iter().collect::<BTreeSet<_>>(), [204, 404].into());
    for unknown in [&id.0.to_string(), &"A".repeat(43), "rotate"] {
        retire(&ada, unknown).await.expect_problem(404, "not_found");
    }
    for wrong in [&"A".repeat(44), "a.b", "%2e%2e", "a%20b", "%00"] {
        retire(&ada, wrong).await.expect_problem(404, "not_found");
    }
    for body in [json!({ "now": 1 }), json!({ "now": "true" }), json!({ "signs_from": signs_from }), json!([])] {
        rotate(&ada, body).await.expect_problem(422, "validation_failed");
    }
    for _ in list(&key).await.len()..MAX_KEYS {
        rotate(&key, json!({})).await.expect(201);
    }
    rotate(&key, json!({})).await.expect_problem(409, "too_many_keys");
    rotate(&ada, json!({ "now": true })).await.expect_problem(409, "too_many_keys");
    assert_eq!(list(&key).await.len(), MAX_KEYS);
    retire(&ada, &other).await.expect(204);
    rotate(&key, json!({})).await.expect(201);

    let rows = async |event: Event| {
        let rows = key.get(&format!("/v1/admin/audit?limit=100&event={}", event.name())).await.expect(200).json();
        rows["items"].as_array().unwrap().clone()
    };
    let removed: BTreeSet<_> = rows(Event::SigningKeyRemoved).await.iter().map(|row| row["detail"].to_string()).collect();
    assert_eq!(removed, [&one, &other].map(|id| json!(id).to_string()).into());
    let published = rows(Event::SigningKeyPublished).await;
    assert_eq!((published.len(), &published[0]["reason"]), (MAX_KEYS + 1, &json!("operator")));
    assert_eq!((&published[0]["actor"], &published[0]["actor_id"]), (&json!("key"), &json!(id.0)));

    // What was allowed when the request began is checked again in its transaction.
    assert!(authorization::revoke_admin_key(&app.state, id).await.unwrap());
    let last = list(&ada).await.pop().unwrap();
    let done = administration::retire_key(&app.state, Operator::Key(id), last["id"].as_str().unwrap()).await;
    assert!(matches!(done, Err(ChangeKeyError::NotAllowedAnyMore)), "{done:?}");
    let done = administration::rotate_key(&app.state, &Operator::Key(id), app.state.clock.now()).await;
    assert!(matches!(done, Err(ChangeKeyError::NotAllowedAnyMore)), "{done:?}");
}
