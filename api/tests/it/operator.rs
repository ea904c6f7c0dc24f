//! `bifrons user sign-out`, `disable`, `enable`: a command beside a service that runs.

use std::path::Path;

use crate::support::{
    Actor, EMAIL, PASSWORD,
    binary::{Process, refuses, run},
    redis::until,
};

/// Ada with both faces, each of which the service has in memory.
async fn signed_in(service: &Process) -> [Actor; 2] {
    let (browser, app) = (service.someone(), service.someone());
    browser.sign_in(EMAIL, PASSWORD).await.expect(200);
    let tokens = app.tokens(EMAIL, PASSWORD).await.expect(200);
    let faces = [browser, app.bearing(&tokens.string("/access_token"))];
    for face in &faces {
        face.who_am_i().await.expect(200);
    }
    faces
}

async fn are_signed_out(faces: &[Actor]) {
    for face in faces {
        until(async || face.who_am_i().await.status == 401).await;
    }
}

/// What the command says when it has done it.
fn user(folder: &Path, command: &str, email: &str) -> String {
    let output = run(folder, &["user", command, email], &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_out_may_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    service.someone().sign_up(EMAIL, PASSWORD).await.expect(201);
    let other = service.someone();
    other.sign_up("grace@example.com", PASSWORD).await.expect(201);
    other.sign_in("grace@example.com", PASSWORD).await.expect(200);
    let faces = signed_in(&service).await;
    assert_eq!(user(folder.path(), "sign-out", EMAIL), format!("{EMAIL} is signed out: 2 sessions have ended\n"));
    are_signed_out(&faces).await;
    other.who_am_i().await.expect(200);
    signed_in(&service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_may_not_until_they_are_enabled() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    service.someone().sign_up(EMAIL, PASSWORD).await.expect(201);
    let faces = signed_in(&service).await;
    let as_typed = EMAIL.to_uppercase();
    assert_eq!(user(folder.path(), "disable", &as_typed), format!("{as_typed} is disabled: 2 sessions have ended\n"));
    are_signed_out(&faces).await;
    service.someone().sign_in(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    service.someone().tokens(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    assert_eq!(user(folder.path(), "disable", EMAIL), format!("{EMAIL} is disabled: 0 sessions have ended\n"));
    assert_eq!(user(folder.path(), "enable", EMAIL), format!("{EMAIL} may sign in\n"));
    signed_in(&service).await;
    for ended in faces {
        ended.who_am_i().await.expect(401);
    }
}

#[test]
fn nobody_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (command, email) in [("sign-out", EMAIL), ("disable", "no address"), ("enable", "")] {
        refuses(&run(folder.path(), &["user", command, email], &[]), 1, &format!("no user has the address {email}"));
    }
}
