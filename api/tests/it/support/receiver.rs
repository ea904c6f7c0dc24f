//! A receiver of webhooks: a server on a local port that accepts deliveries, or behaves as a test says.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{Actor, App, redis::until};

/// A delivery as it arrived.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Delivery {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn event(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub fn user(&self) -> String {
        self.json()["data"]["user_id"].as_str().unwrap_or_default().to_owned()
    }
}

/// What a receiver does with a delivery.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Answers with this status.
    Status(u16),
    /// Never answers.
    Hang,
    /// Answers with another place.
    Redirect(String),
    /// Accepts, and answers with a gigabyte.
    Endless,
    /// Closes the connection in the middle of the head of an answer.
    Close,
}

pub struct Receiver {
    pub port: u16,
    received: Arc<Mutex<Vec<Delivery>>>,
}

impl Receiver {
    /// Accepts everything.
    pub async fn start() -> Self {
        Self::with(|_| Reaction::Status(204)).await
    }

    /// Behaves as `react` says. A delivery is listed before it is answered.
    pub async fn with(react: impl Fn(&Delivery) -> Reaction + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), received: Arc::default() };
        let (received, react) = (Arc::clone(&server.received), Arc::new(react));
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let (received, react) = (Arc::clone(&received), Arc::clone(&react));
                tokio::spawn(async move {
                    let mut connection = connection;
                    let Some(delivery) = receive(&mut connection).await else { return };
                    let reaction = react(&delivery);
                    received.lock().unwrap().push(delivery);
                    answer(connection, reaction).await;
                });
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub fn received(&self) -> Vec<Delivery> {
        self.received.lock().unwrap().clone()
    }

    pub async fn until_received(&self, count: usize) -> Vec<Delivery> {
        until(async || self.received().len() >= count).await;
        self.received()
    }
}

/// Creates a webhook, and returns its path and its secret.
pub async fn subscribe(operator: &Actor, url: &str, events: &[&str]) -> (String, String) {
    let created = operator.post("/v1/admin/webhooks", json!({ "url": url, "events": events })).await.expect(201);
    (format!("/v1/admin/webhooks/{}", created.string("/webhook/id")), created.string("/secret"))
}

/// The service, with receivers on this machine.
pub async fn app() -> App {
    App::configured(|config| config.webhooks.private_addresses = true).await
}

async fn receive(connection: &mut TcpStream) -> Option<Delivery> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = connection.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let path = lines.next()?.strip_prefix("POST ")?.split(' ').next()?.to_owned();
        let headers: BTreeMap<_, _> =
            lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        if body.len() >= headers["content-length"].parse().unwrap() {
            return Some(Delivery { path, headers, body: body.to_owned() });
        }
    }
}

async fn answer(mut connection: TcpStream, reaction: Reaction) {
    let head = |status: u16, more: &str| format!("HTTP/1.1 {status} X\r\n{more}Connection: close\r\n\r\n");
    let text = match reaction {
        Reaction::Status(status) => head(status, "Content-Length: 0\r\n"),
        Reaction::Redirect(ref to) => head(307, &format!("Location: {to}\r\nContent-Length: 0\r\n")),
        Reaction::Endless => head(200, &format!("Content-Length: {}\r\n", 1 << 30)),
        Reaction::Close => "HTTP/1.1 200 OK\r\nContent-Le".to_owned(),
        Reaction::Hang => return std::future::pending().await,
    };
    // The service may have hung up already.
    let _ = connection.write_all(text.as_bytes()).await;
    if matches!(reaction, Reaction::Endless) {
        let chunk = vec![b'x'; 1 << 20];
        while connection.write_all(&chunk).await.is_ok() {}
    }
}
