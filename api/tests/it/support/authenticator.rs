//! An authenticator app. `oathtool` computes its codes.

use std::{process::Command, time::Duration};

use serde_json::json;

use super::{Actor, Answer, App};

/// How long a code stands in the app.
pub const STEP: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Authenticator {
    pub secret: String,
    pub recovery_codes: Vec<String>,
}

impl Authenticator {
    /// Adds an app to the account of a user who is signed in, and waits for its next code.
    pub async fn enrol(app: &App, who: &Actor) -> Self {
        let secret = who.send(reqwest::Method::POST, "/v1/me/totp", None).await.expect(201).string("/secret");
        let mut new = Self { secret, recovery_codes: Vec::new() };
        let confirmed = who.post("/v1/me/totp/confirm", json!({ "code": new.code(app) })).await.expect(200);
        let codes = confirmed.json()["recovery_codes"].as_array().unwrap().clone();
        new.recovery_codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
        app.advance(STEP).await;
        new
    }

    /// The code of this moment.
    pub fn code(&self, app: &App) -> String {
        self.code_at(app.state.clock.now().seconds())
    }

    /// The code of a moment, in seconds since 1970.
    pub fn code_at(&self, seconds: i64) -> String {
        let now = format!("--now=@{seconds}");
        let output = Command::new("oathtool").args(["--totp=sha1", "-d", "6", &now, "-b", &self.secret]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A code that the app does not show around this moment.
    pub fn wrong_code(&self, app: &App) -> String {
        let now = app.state.clock.now().seconds();
        let near = [now - 30, now, now + 30].map(|seconds| self.code_at(seconds));
        (0..9).map(|code| format!("{code:06}")).find(|code| !near.contains(code)).unwrap()
    }
}

impl Actor {
    /// Completes a sign-in, in mode `cookie`.
    pub async fn complete(&self, factor: &str, code: &str) -> Answer {
        self.post("/v1/session/challenge", json!({ "factor": factor, "code": code })).await
    }

    /// The same in mode `token`.
    pub async fn complete_token(&self, token: &str, factor: &str, code: &str) -> Answer {
        self.post("/v1/session/challenge", json!({ "token": token, "factor": factor, "code": code })).await
    }
}
