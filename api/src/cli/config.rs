//! `bifrons config …`.

use std::path::PathBuf;

use clap::Subcommand;
use doctor::browsers::{Family, Relation, SetCookie, Stored, Verdict, verdict};

use serde_json::json;

use super::{
    failure::Failure,
    print::print,
    settings::{load, read},
};
use crate::{
    config::{CallersConfig, Config, Origin, Setting, Source, variable},
    http::{self, listener::tls::Certificate},
    mail::Templates,
    passwords::PasswordRules,
    redis::Redis,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check the configuration and show its values, the session cookie and the frontends that can use it
    Check,
    /// List all keys as a Markdown table
    Keys,
}

pub(super) fn run(command: &Command, file: Option<&PathBuf>) -> Result<(), Failure> {
    match command {
        Command::Check => {
            let (settings, config) = load(file)?;
            try_out(&config)?;
            print(&check(&settings, &config))
        }
        // Lists the keys even if the values are invalid.
        Command::Keys => print(&keys(&read(file)?.settings)),
    }
}

/// Refuses what `serve` would refuse before it touches any data: unusable certificates, addresses and texts.
fn try_out(config: &Config) -> Result<(), Failure> {
    config.tls.as_ref().map(Certificate::read).transpose().map_err(Failure::Failed)?;
    let redis = config.redis.as_ref().map(|redis| Redis::new(redis, "")).transpose();
    redis.map_err(|error| Failure::Failed(format!("redis.url: {error}")))?;
    PasswordRules::new(config).map_err(Failure::new)?;
    Templates::load(config.mail.templates.as_deref()).map_err(Failure::new)?;
    Ok(())
}

fn check(settings: &[Setting], config: &Config) -> String {
    let width = settings.iter().map(|setting| setting.key.len()).max().unwrap_or_default();
    let mut text = String::from("The configuration is valid.\n\n");
    for Setting { key, value, source, .. } in settings {
        let source = match source {
            Source::Default => "",
            Source::File => "  (file)",
            Source::Environment => "  (environment)",
        };
        text = format!("{text}  {key:width$}  {}{source}\n", if value.is_empty() { "–" } else { value });
    }
    let callers = config.callers.get();
    let cookie = http::session_cookie(&callers.cookies);
    text = format!("{text}\nThe session cookie will be\n\n  {cookie}\n\n{}", frontends(&config.public_url, &callers, &cookie));
    text.push_str(&passkeys(config, &callers));
    if callers.cookies.domain.is_some() {
        text.push_str(
            "\ncookie.domain allows every sibling host to set cookies of these names: a script there can replace a user's session with another one.\n\
             Set it only if you control all of those hosts, or leave it out.\n",
        );
    }
    if callers.cookies.cross_site {
        text.push_str(
            "\nA frontend is on another site than the API. Safari stores no cross-site cookies, with any attributes.\n\
             Serve that frontend on a sibling host of the API, or use token mode there.\n",
        );
    }
    text
}

/// What passkeys are bound to, and what follows for the frontends.
fn passkeys(config: &Config, callers: &CallersConfig) -> String {
    let rp_id = &config.passkeys.rp_id;
    if !config.passkeys.is_usable() {
        return format!("\nPasskeys do not work: browsers bind them to a domain name, and {rp_id} is none.\n");
    }
    let pin = "Changing it makes all passkeys useless. So that a change of public_url or origins cannot change it, write";
    let mut text = format!("\nPasskeys are bound to {rp_id}. {pin}\n\n  passkeys.rp_id = \"{rp_id}\"\n");
    let related = config.passkeys.related(&callers.origins);
    if !related.is_empty() {
        text = format!(
            "{text}\nFor the frontends on other domains, https://{rp_id}/.well-known/webauthn must answer with\n\n  {}\n\n\
             This service answers so under that path. Browsers take at most five such domains.\n",
            json!({ "origins": related })
        );
    }
    text
}

/// Whether each browser stores and sends the cookie, for each frontend.
fn frontends(api: &Origin, callers: &CallersConfig, cookie: &str) -> String {
    let mut rows = vec![["frontend", "relation", "Chromium", "3rd-party blocked", "Firefox", "Safari-like"].map(str::to_owned)];
    for frontend in std::iter::once(api).chain(&callers.origins) {
        let verdicts = Family::ALL.map(|family| {
            match SetCookie::parse(cookie).map(|cookie| verdict(family, frontend, api, "/v1/session", &cookie)) {
                Some(Verdict::Works(Stored::Shared)) => "stored, sent".to_owned(),
                Some(Verdict::Works(Stored::Partitioned)) => "own jar, sent".to_owned(),
                Some(Verdict::Refused(_)) | None => "no".to_owned(),
            }
        });
        let [chromium, blocking, firefox, safari] = verdicts;
        rows.push([frontend.as_str().to_owned(), Relation::of(frontend, api).to_string(), chromium, blocking, firefox, safari]);
    }
    for dev in &callers.dev_origins {
        let tokens = || "token mode".to_owned();
        rows.push([dev.written(), dev.relation().to_owned(), tokens(), tokens(), tokens(), tokens()]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (0..6).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn keys(settings: &[Setting]) -> String {
    let mut text = String::from("| key | environment | default | |\n|---|---|---|---|\n");
    for Setting { key, about, default, .. } in settings {
        let default = if default.is_empty() { "–".to_owned() } else { format!("`{default}`") };
        text = format!("{text}| `{key}` | `{}` | {default} | {about} |\n", variable(key));
    }
    text
}
