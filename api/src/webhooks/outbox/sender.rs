//! Sends one delivery.

use std::{error::Error, time::Duration};

use reqwest::{Client, Response, header::CONTENT_TYPE, redirect::Policy};

use crate::{
    config::WebhooksConfig,
    version::VERSION,
    webhooks::target::{CheckedResolver, NotPublic, check},
};

/// The time in which a receiver must accept a delivery.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// So much of an answer is read, so that its connection can be used again. Nothing in it matters.
const MAX_ANSWER: usize = 16 << 10;

/// A delivery that is signed.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) timestamp: i64,
    pub(super) signatures: String,
    pub(super) body: String,
}

/// The HTTP client of deliveries. It follows no redirect, and uses no proxy: a proxy would resolve the host once more.
#[derive(Debug)]
pub(super) struct Sender {
    http: Client,
    config: WebhooksConfig,
}

impl Sender {
    pub(super) fn new(config: WebhooksConfig) -> Result<Self, reqwest::Error> {
        let http = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).no_proxy();
        let http = http.user_agent(format!("Bifrons/{VERSION}")).dns_resolver(CheckedResolver::shared(config));
        Ok(Self { http: http.build()?, config })
    }

    /// Sends a message; fails with the reason in a few words unless the receiver accepts it: with a status of 2xx.
    pub(super) async fn send(&self, url: &str, message: Message) -> Result<(), String> {
        let url = check(url, self.config).map_err(|error| format!("the URL {error}"))?;
        let request = self.http.post(url).header(CONTENT_TYPE, "application/json").header("webhook-id", message.id);
        let request = request.header("webhook-timestamp", message.timestamp).header("webhook-signature", message.signatures);
        let answer = request.body(message.body).send().await.map_err(|error| shown(&error))?;
        let status = answer.status();
        if status.is_success() {
            read(answer).await;
            return Ok(());
        }
        Err(format!("status {}", status.as_u16()))
    }
}

/// Reads a short answer to its end. A failure there changes nothing: the receiver has accepted the delivery.
async fn read(mut answer: Response) {
    let mut length = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        length += chunk.len();
        if length > MAX_ANSWER {
            return;
        }
    }
}

/// Why no answer came, without the URL.
fn shown(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    let mut causes = std::iter::successors(error.source(), |error| (*error).source());
    if let Some(not_public) = causes.clone().find_map(|cause| cause.downcast_ref::<NotPublic>()) {
        return not_public.to_string();
    }
    let last = causes.by_ref().last().map_or_else(|| "the request failed".to_owned(), ToString::to_string);
    if error.is_connect() { format!("no connection: {last}") } else { format!("no answer: {last}") }
}
