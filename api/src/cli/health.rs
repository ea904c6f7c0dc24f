//! `bifrons health`: for containers, whose image has no other program that could ask.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use reqwest::{Client, StatusCode, redirect::Policy};
use serde::Deserialize;
use url::Url;

use super::{failure::Failure, print::print, runtime::block_on, settings::load};
use crate::config::{Config, duration};

/// Where a node says whether it can serve.
const READY: &str = "/health/ready";

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 the node can serve, without Redis too; 1 it cannot, or does not answer; 2 wrong usage.")]
pub(super) struct Arguments {
    /// Ask the node at this URL, `http://127.0.0.1:3000`, instead of the one of this configuration on this machine
    #[arg(long, value_name = "URL", value_parser = node)]
    url: Option<Url>,
    /// How long to wait for the answer
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    timeout: Duration,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

fn node(text: &str) -> Result<Url, String> {
    let wrong = || "write a URL that begins with http:// or https://: http://127.0.0.1:3000".to_owned();
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(wrong)?;
    url.join(READY).map_err(|_| wrong())
}

/// The answer of a node that can serve.
#[derive(Deserialize)]
struct Ready {
    status: String,
    database: String,
    redis: String,
}

pub(super) fn run(arguments: &Arguments, file: Option<&PathBuf>) -> Result<(), Failure> {
    // The certificate of a node names its public host, not the address at which this machine reaches it.
    let (url, any_certificate) = match &arguments.url {
        Some(url) => (url.clone(), false),
        None => (own(&load(file)?.1)?, true),
    };
    let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(arguments.timeout);
    let client = client.danger_accept_invalid_certs(any_certificate).build().map_err(Failure::new)?;
    let (status, body) = block_on(async {
        let answer = client.get(url.clone()).send().await.map_err(|error| unreachable(&url, &error))?;
        let status = answer.status();
        Ok((status, answer.text().await.map_err(|error| unreachable(&url, &error))?))
    })?;
    if status != StatusCode::OK {
        return Err(Failure::Failed(format!(
            "{url} answers {}: the node is stopping, or does not reach its database",
            status.as_u16()
        )));
    }
    let answer: Ready = serde_json::from_str(&body)
        .map_err(|_| Failure::Failed(format!("{url} does not answer as a node of Bifrons does: check --url or listen")))?;
    if arguments.json {
        return print(&format!("{body}\n"));
    }
    print(&format!("{}: database {}, Redis {}\n", answer.status, answer.database, answer.redis))
}

/// Where this machine reaches the node of a configuration.
fn own(config: &Config) -> Result<Url, Failure> {
    let (ip, port) = (config.listen.ip(), config.listen.port());
    if port == 0 {
        return Err(Failure::Failed("listen has port 0, so the system chose the port: name it with --url".to_owned()));
    }
    let ip = match ip {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    Url::parse(&format!("{scheme}://{}{READY}", SocketAddr::new(ip, port))).map_err(Failure::new)
}

fn unreachable(url: &Url, error: &reqwest::Error) -> Failure {
    let reason = if error.is_timeout() { "no answer in time" } else { "no connection" };
    Failure::Failed(format!("{url}: {reason}; does the node run?"))
}
