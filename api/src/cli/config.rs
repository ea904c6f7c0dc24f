//! `bifrons config …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Failure, load, print, read};
use crate::config::{Config, Setting, Source, variable};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check the configuration and show what it comes to
    Check,
    /// Print all keys as a Markdown table
    Keys,
}

pub(super) fn run(command: &Command, file: Option<&PathBuf>) -> Result<(), Failure> {
    match command {
        Command::Check => {
            let (settings, config) = load(file)?;
            print(&check(&settings, &config))
        }
        // What is set does not matter here, nor whether it is right.
        Command::Keys => print(&keys(&read(file)?.settings)),
    }
}

fn check(settings: &[Setting], config: &Config) -> String {
    let width = settings.iter().map(|setting| setting.key.len()).max().unwrap_or_default();
    let mut text = String::from("The configuration can be used.\n\n");
    for Setting { key, value, source, .. } in settings {
        let source = match source {
            Source::Default => "",
            Source::File => "  (file)",
            Source::Environment => "  (environment)",
        };
        text = format!("{text}  {key:width$}  {}{source}\n", if value.is_empty() { "–" } else { value });
    }
    let cookies = &config.cookies;
    let secure = if cookies.secure { "; Secure" } else { "" };
    let same_site = if cookies.cross_site { "None; Partitioned" } else { "Lax" };
    let domain = cookies.domain.as_ref().map(|domain| format!("; Domain={domain}")).unwrap_or_default();
    text = format!(
        "{text}\nThe session cookie will be\n\n  {}=…; Path=/; HttpOnly{secure}; SameSite={same_site}{domain}\n",
        cookies.session_name
    );
    if cookies.cross_site {
        text.push_str(
            "\nSome frontend lives on another site than the API. Safari, and every browser that blocks third-party cookies without\n\
             partitioning them, keeps no such cookie. Serve the frontend on a sibling host, or let it use the bearer face.\n",
        );
    }
    text
}

fn keys(settings: &[Setting]) -> String {
    let mut text = String::from("| key | environment | default | |\n|---|---|---|---|\n");
    for Setting { key, about, default, .. } in settings {
        let default = if default.is_empty() { "–".to_owned() } else { format!("`{default}`") };
        text = format!("{text}| `{key}` | `{}` | {default} | {about} |\n", variable(key));
    }
    text
}
