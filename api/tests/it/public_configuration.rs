//! What a frontend asks before it shows its forms.

use std::time::Duration;

use bifrons::config::RegistrationConfig;
use serde_json::json;

use crate::support::App;

#[tokio::test]
async fn a_frontend_learns_what_is_configured() {
    let app = App::start().await;
    let shown = app.client().get("/v1/configuration").await.expect(200).json();
    let password = json!({ "min_length": 8, "max_bytes": 1024 });
    assert_eq!((&shown["registration"], &shown["password"]), (&json!("open"), &password));
    assert_eq!((&shown["audiences"], &shown["deletion_grace"]), (&json!(["services"]), &json!(0)));
    assert!(shown["sign_in_methods"].as_array().is_some_and(|methods| methods.contains(&json!("password"))), "{shown}");

    let strict = App::configured(|config| {
        config.registration = RegistrationConfig::Verified;
        (config.passwords.min_length, config.passwords.max_bytes) = (12, 100);
        config.tokens.audiences = vec!["orders".to_owned(), "billing".to_owned()];
        config.accounts.deletion_grace = Duration::from_secs(30 * 86_400);
    })
    .await;
    let shown = strict.client().get("/v1/configuration").await.expect(200).json();
    assert_eq!((&shown["registration"], &shown["password"]), (&json!("verified"), &json!({ "min_length": 12, "max_bytes": 100 })));
    assert_eq!((&shown["audiences"], &shown["deletion_grace"]), (&json!(["orders", "billing"]), &json!(2_592_000)));
}

#[tokio::test]
async fn every_answer_names_the_version_that_clients_compare() {
    let app = App::start().await;
    let version = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap().0;
    for path in ["/v1/configuration", "/v1/session", "/v1/nowhere", "/openapi.json"] {
        assert_eq!(app.client().get(path).await.header("bifrons-version"), version, "{path}");
    }
}
