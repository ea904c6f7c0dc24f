//! `bifrons doctor` against the service, with the credentials of a user.

use super::{codes, doctor, parsed, text};
use crate::support::{App, EMAIL, PASSWORD, authenticator::Authenticator};

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_begin_no_session_are_told_from_the_probe() {
    let app = App::with_environment(&[("BIFRONS_ORIGINS", "http://localhost:5173")]).await;
    let address = app.address.to_string();
    let ask = |password: &str, json: &[&str]| {
        let body = format!(r#"{{"email":"{EMAIL}","password":"{password}"}}"#);
        let ours = ["--api", "http://localhost:3000", "--connect", &address, "--frontend", "http://localhost:5173"];
        doctor(&[&ours, ["--body", &body].as_slice(), json].concat())
    };
    let ada = app.ada().await;
    let wrong = ask("no password of hers", &["--json"]);
    assert_eq!((codes(&parsed(&wrong)), wrong.status.code()), (vec!["sign_in_refused"], Some(1)));
    assert_eq!(parsed(&wrong)["cookies_from"], "probe");

    Authenticator::enrol(&app, &ada).await;
    let second_factor = ask(PASSWORD, &["--json"]);
    let report = parsed(&second_factor);
    assert_eq!((codes(&report), second_factor.status.code()), (vec!["sign_in_incomplete"], Some(0)), "{report}");
    assert_eq!(report["cookies_from"], "probe");
    assert_eq!(report["frontends"][0]["cookies"][0]["name"], "bifrons_probe");
    let said = text(&ask(PASSWORD, &[])).replace('\n', " ");
    assert!(said.contains("The sign-in is not complete") && said.contains("without a second factor"), "{said}");
}
