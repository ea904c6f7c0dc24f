//! No secret appears in logs, errors or the database: the test uses every feature with secrets that it can search for.

use std::fs;

use reqwest::Method;
use serde_json::json;

use crate::support::binary::Process;

#[tokio::test]
async fn asvs_16_2_5_nothing_secret_is_logged_or_stored() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Process::start(folder.path());
    let ada = service.client();
    let (password, new) = ("marker-password-one", "marker-password-two");
    let mut secrets =
        vec![password.to_owned(), new.to_owned(), "marker-wrong-password".into(), "marker-query".into(), "marker-bearer".into()];

    ada.sign_up("ada@example.com", password).await.expect(201);
    ada.sign_in("ada@example.com", "marker-wrong-password").await.expect(401);
    ada.sign_in("ada@example.com", password).await.expect(200);
    secrets.push(ada.cookie("bifrons_session").unwrap());
    ada.reauthenticate(password).await.expect(200);
    secrets.push(ada.cookie("bifrons_session").unwrap());
    let tokens = ada.with_token("marker-bearer").tokens("ada@example.com", password).await.expect(200);
    let next = ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    for answer in [&tokens, &next] {
        secrets.extend([answer.string("/tokens/refresh_token"), answer.string("/tokens/access_token")]);
    }
    let bearer = ada.with_token(&next.string("/tokens/access_token"));
    bearer.get("/v1/me?token=marker-query").await.expect(200);
    bearer.send(Method::PUT, "/v1/me/password", Some(json!({"current_password": password, "new_password": 7}))).await.expect(422);
    let changed = bearer.change_password(password, new).await.expect(200);
    secrets.extend([changed.string("/tokens/refresh_token"), changed.string("/tokens/access_token")]);
    ada.send_raw(Method::POST, "/v1/session", Some("application/json"), Some(format!("{{\"password\":\"{password}").into_bytes()))
        .await
        .expect(400);
    ada.post("/v1/tokens/revoke", json!({"token": changed.string("/tokens/refresh_token")})).await.expect(204);
    let key = fs::read_to_string(folder.path().join("data/bifrons.key")).unwrap();
    secrets.push(key.trim().to_owned());
    assert!(service.stop().success());

    let mut searched = 0;
    for file in walk(folder.path()) {
        if file.ends_with("bifrons.key") {
            continue;
        }
        let content = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        searched += content.len();
        for secret in &secrets {
            // Credentials begin with public ids: search for the secret part only.
            let proof = secret.get(30..).filter(|rest| rest.len() > 20).unwrap_or(secret);
            assert!(!content.contains(proof), "{} contains {secret}", file.display());
        }
    }
    assert!(searched > 10_000, "the search covered files");
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("signed_in") && log.contains("/v1/session"), "{log}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
