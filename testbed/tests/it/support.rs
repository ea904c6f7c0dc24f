//! A testbed that runs, and clients of its service and its control. The service's answers are compared with its document, as in its own tests.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use reqwest::{Client, Method};
use serde_json::{Value, json};

#[expect(dead_code, reason = "the service's tests use all of it")]
#[path = "../../../api/tests/it/support/answer.rs"]
pub mod answer;
#[expect(dead_code, reason = "the service's tests use all of it")]
#[path = "../../../api/tests/it/support/specification.rs"]
pub mod specification;

pub use answer::Answer;

pub struct Testbed {
    pub process: Child,
    pub ready: Value,
    http: Client,
}

impl Drop for Testbed {
    fn drop(&mut self) {
        // Not SIGKILL, which would leave the folder until the next start.
        if let Ok(None) = self.process.try_wait() {
            let _ = Command::new("kill").arg(self.process.id().to_string()).status();
            let _ = self.process.wait();
        }
    }
}

/// The program, without settings of the surroundings.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bifrons-testbed"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BIFRONS_")) {
        command.env_remove(name);
    }
    command
}

impl Testbed {
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut process = command().args(arguments).envs(environment.iter().copied()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not ready: {line}"));
        let http = Client::builder().no_proxy().build().unwrap();
        Self { process, ready, http }
    }

    pub fn given(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    /// A request of the control.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method: Method = method.parse().unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.given("control")));
        request = request.bearer_auth(self.given("token"));
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["x-bifrons-testbed"], "1");
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }

    /// The same; the control must do it.
    #[track_caller]
    pub fn does(&self, method: &str, path: &str, body: Value) -> impl Future<Output = Value> {
        let at = std::panic::Location::caller();
        let asked = format!("{at}: {method} {path} {body}");
        let (method, path) = (method.to_owned(), path.to_owned());
        async move {
            let (status, answer) = self.control(&method, &path, body).await;
            assert!((200..300).contains(&status), "{asked}: {status} {answer}");
            answer
        }
    }

    pub async fn user(&self, body: Value) -> Value {
        self.does("POST", "/users", body).await
    }

    /// A request of the service; `None` if the connection closed instead of an answer.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Option<Answer> {
        let method: Method = method.parse().unwrap();
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.given("url")));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = Answer::read(&method, path, request.send().await.ok()?).await;
        assert_eq!(answer.header("x-bifrons-testbed"), "1");
        Some(answer)
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body)).await.expect("an answer")
    }

    /// The status of a path that is no operation.
    pub async fn plain(&self, path: &str) -> u16 {
        self.http.get(format!("{}{path}", self.given("url"))).send().await.unwrap().status().as_u16()
    }

    /// `getSession`, with one header.
    pub async fn session(&self, name: &str, value: &str) -> Answer {
        self.send("GET", "/v1/session", &[(name, value)], None).await.expect("an answer")
    }

    pub async fn expire(&self, session: &str, what: &str) {
        self.does("POST", &format!("/sessions/{session}/expire"), json!({ "what": what })).await;
    }
}
