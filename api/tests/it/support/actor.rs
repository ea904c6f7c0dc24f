//! A client of the service, with a cookie jar and, if a test adds it, an access token.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use reqwest::{Client, Method, RequestBuilder, header};
use serde_json::{Value, json};

use super::Answer;

#[derive(Clone)]
pub struct Actor {
    base: String,
    http: Client,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
    headers: Vec<(&'static str, String)>,
}

impl Actor {
    pub fn new(base: String) -> Self {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { base, http, jar: Arc::default(), headers: Vec::new() }
    }

    /// The same client and jar, with one more header on every request.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut other = self.clone();
        other.headers.push((name, value.into()));
        other
    }

    pub fn with_token(&self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    /// The same client and jar, at another node.
    pub fn at(&self, node: &super::App) -> Self {
        Self { base: format!("http://{}", node.address), ..self.clone() }
    }

    /// The same client and jar, at another server of this machine.
    pub fn at_port(&self, port: u16) -> Self {
        Self { base: format!("http://127.0.0.1:{port}"), ..self.clone() }
    }

    /// Sends a request to a server other than the service, and returns the status.
    pub async fn send_elsewhere(&self, method: Method, path: &str) -> u16 {
        self.ask(method, path).await.status().as_u16()
    }

    /// Sends a request that is not in the specification.
    pub async fn ask(&self, method: Method, path: &str) -> reqwest::Response {
        self.request(method, path).send().await.unwrap()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        let cookies: Vec<_> = self.jar.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request
    }

    /// The same client with a copy of its jar.
    pub fn snapshot(&self) -> Self {
        Self { jar: Arc::new(Mutex::new(self.jar.lock().unwrap().clone())), ..self.clone() }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    pub fn put_cookie(&self, name: &str, value: impl Into<String>) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.into());
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string());
        let content_type = body.is_some().then_some("application/json");
        self.send_raw(method, path, content_type, body.map(String::into_bytes)).await
    }

    pub async fn send_raw(&self, method: Method, path: &str, content_type: Option<&str>, body: Option<Vec<u8>>) -> Answer {
        let mut request = self.request(method.clone(), path);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = Answer::read(&method, path, request.send().await.unwrap()).await;
        for cookie in answer.cookies() {
            let mut jar = self.jar.lock().unwrap();
            if cookie.max_age == Some(0) {
                jar.remove(&cookie.name);
            } else {
                jar.insert(cookie.name, cookie.value);
            }
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub async fn sign_up(&self, email: &str, password: &str) -> Answer {
        self.post("/v1/users", json!({ "email": email, "password": password })).await
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/v1/session", json!({ "email": email, "password": password })).await
    }

    pub async fn sign_in_and_stay(&self, email: &str, password: &str) -> Answer {
        self.post("/v1/session", json!({ "email": email, "password": password, "remember": true })).await
    }

    pub async fn get_session(&self) -> Answer {
        self.get("/v1/session").await
    }

    /// The id of the current session.
    pub async fn session(&self) -> entity::SessionId {
        entity::SessionId(self.get_session().await.expect(200).string("/id").parse().unwrap())
    }

    pub async fn sign_out(&self) -> Answer {
        self.delete("/v1/session").await
    }

    pub async fn tokens(&self, email: &str, password: &str) -> Answer {
        self.post("/v1/session", json!({ "email": email, "password": password, "mode": "token" })).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.post("/v1/tokens/refresh", json!({ "refresh_token": refresh_token })).await
    }

    /// The successor, or None if the connection breaks.
    pub async fn try_refresh(&self, refresh_token: &str) -> Option<String> {
        let body = json!({ "refresh_token": refresh_token }).to_string();
        let request = self.http.post(format!("{}/v1/tokens/refresh", self.base)).header(header::CONTENT_TYPE, "application/json");
        let text = request.body(body).send().await.ok()?.text().await.ok()?;
        let answer: Value = serde_json::from_str(&text).ok()?;
        answer["tokens"]["refresh_token"].as_str().map(str::to_owned)
    }

    /// Whether the service acknowledged the sign-up.
    pub async fn try_sign_up(&self, email: &str, password: &str) -> bool {
        let body = json!({ "email": email, "password": password }).to_string();
        let request = self.http.post(format!("{}/v1/users", self.base)).header(header::CONTENT_TYPE, "application/json");
        request.body(body).send().await.is_ok_and(|answer| answer.status() == 201)
    }

    pub async fn reauthenticate(&self, password: &str) -> Answer {
        self.post("/v1/session/reauthenticate", json!({ "password": password })).await
    }

    pub async fn change_password(&self, current: &str, new: &str) -> Answer {
        let body = json!({ "current_password": current, "new_password": new });
        self.send(Method::PUT, "/v1/me/password", Some(body)).await
    }
}
