//! The way from outside: the public URL, its certificate, and what proxies say of the caller.

use std::{
    error::Error,
    net::{IpAddr, UdpSocket},
    time::{Duration, SystemTime},
};

use reqwest::{Client, redirect::Policy};
use serde_json::Value;

use super::finding::Finding;
use crate::{config::Config, http::listener::tls::Certificate, version::VERSION};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Of a network for documentation (RFC 5737): no caller has it.
const FORGED: &str = "192.0.2.1";

/// What a proxy must do for the nodes to see the caller.
const APPEND: &str = "let the proxy append the caller's address: X-Forwarded-For $proxy_add_x_forwarded_for in nginx";

/// A certificate that expires sooner should have been renewed: the usual ones are renewed a month before.
const RENEWED_BEFORE: u64 = 14;

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    let mut findings = vec![certificate(config)];
    let url = format!("{}/v1/probe", config.public_url.as_str());
    let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).user_agent("bifrons check").build();
    let asked = match client {
        Ok(client) => client.get(&url).header("x-forwarded-for", FORGED).send().await,
        Err(error) => Err(error),
    };
    let answer = match asked {
        Ok(answer) => answer,
        Err(error) => {
            let remedy = "check that public_url leads to a running node: DNS, firewall, proxy, certificate";
            findings.push(Finding::failed("public_url", format!("{url}: {}", innermost(&error.without_url())), remedy));
            return findings;
        }
    };
    let status = answer.status().as_u16();
    let serves = answer.headers().get("bifrons-version").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body: Option<Value> = answer.bytes().await.ok().and_then(|body| serde_json::from_slice(&body).ok());
    findings.push(match (status, serves) {
        (200, Some(version)) if VERSION.starts_with(&format!("{version}.")) => {
            Finding::ok("public_url", format!("{} leads to a node of version {version}", config.public_url.as_str()))
        }
        (200, Some(version)) => Finding::warning(
            "public_url",
            format!("it leads to a node of version {version}, and this is {VERSION}"),
            "finish the upgrade: docs/upgrading.md",
        ),
        (_, Some(_)) => Finding::failed("public_url", format!("a node answers with {status}"), "look at its log"),
        (_, None) => Finding::failed(
            "public_url",
            format!("{url} answers with {status}, and not from Bifrons"),
            "let the proxy pass /v1/ to the nodes without changing the path",
        ),
    });
    let seen = body.as_ref().and_then(|body| body["address"].as_str()).and_then(|address| address.parse().ok());
    findings.extend(seen.map(|seen| proxies(config, seen, own_address(config))));
    findings
}

/// The certificate that the nodes serve themselves.
fn certificate(config: &Config) -> Finding {
    let Some(tls) = &config.tls else {
        return Finding::off("certificate", "tls.cert is not set: a proxy has the certificate, or there is none");
    };
    let expires = match Certificate::read(tls) {
        Ok(certificate) => certificate.expires().and_then(|expires| u64::try_from(expires).ok()),
        Err(error) => return Finding::failed("certificate", error, "give a chain and its key in PEM, of one certificate"),
    };
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    match expires.map(|expires| expires.saturating_sub(now) / (24 * 60 * 60)) {
        None => Finding::warning("certificate", "its end cannot be read", "check it with `openssl x509 -enddate`"),
        Some(0) => Finding::failed("certificate", "it has expired, or does today", "renew it; running nodes notice the new file"),
        Some(days) if days < RENEWED_BEFORE => {
            Finding::warning("certificate", format!("it expires in {days} days"), "renew it; running nodes notice the new file")
        }
        Some(days) => Finding::ok("certificate", format!("it is valid for {days} days")),
    }
}

/// Whether callers keep their address on the way, and whether they can choose one.
fn proxies(config: &Config, seen: IpAddr, own: Option<IpAddr>) -> Finding {
    let callers = config.callers.get();
    let trusted = |address: &IpAddr| callers.proxy.trusts(address);
    if seen.to_string() == FORGED {
        return if own.is_none_or(|own| trusted(&own)) {
            let detail = "this machine is in proxy.trusted, so it may say any address";
            Finding::warning("proxies", detail, "run the command on a machine that is in no network of proxy.trusted")
        } else {
            let detail = "the nodes believe an X-Forwarded-For that the caller wrote";
            Finding::failed("proxies", detail, APPEND)
        };
    }
    if trusted(&seen) && own != Some(seen) {
        let detail = format!("the nodes see each caller as the proxy {seen}");
        return Finding::failed("proxies", detail, APPEND);
    }
    if own != Some(seen) && callers.proxy.trusted.is_empty() && is_private(seen) {
        let detail = format!("the nodes see this machine as {seen}, which it is not");
        return Finding::warning("proxies", detail, "if that is a proxy, list it in proxy.trusted");
    }
    Finding::ok("proxies", format!("the nodes see this machine as {seen}"))
}

/// The address that this machine has on the way to `public_url`. Nothing is sent.
fn own_address(config: &Config) -> Option<IpAddr> {
    let url = url::Url::parse(config.public_url.as_str()).ok()?;
    let [to, ..] = url.socket_addrs(|| None).ok()?[..] else { return None };
    let socket = UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).ok()?;
    socket.connect(to).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_loopback() || address.is_unicast_link_local(),
    }
}

/// The cause that an operator can change.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
