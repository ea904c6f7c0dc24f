//! Reads settings from a TOML file and the environment, remembers every mistake, and knows every key that was asked for: the
//! reference of all keys is what the sections asked of it, not a list beside them.

use std::{collections::BTreeMap, fmt};

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File,
    /// The environment, which wins.
    Environment,
}

/// One key, what it is for, and what it is set to.
#[derive(Clone, Debug)]
pub struct Setting {
    /// As written in the file: `sessions.idle`.
    pub key: &'static str,
    /// What it is for, in one sentence.
    pub about: &'static str,
    /// What it is when nobody sets it.
    pub default: String,
    /// What it is now; `(set)` if it is secret.
    pub value: String,
    /// Who set it.
    pub source: Source,
}

/// What somebody must change before the service starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The key as it was written.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// A configuration file.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// As people call it: its path.
    pub name: &'a str,
    /// What it holds.
    pub text: &'a str,
}

struct Given {
    values: Vec<String>,
    source: Source,
    written: String,
}

/// Hands out settings by key.
pub(super) struct Reader {
    given: BTreeMap<String, Given>,
    settings: Vec<Setting>,
    mistakes: Vec<Mistake>,
}

/// Read elsewhere: where the file is.
const FILE: &str = "BIFRONS_CONFIG";

impl Reader {
    /// Takes the text of the configuration file, if there is one, and the environment.
    pub(super) fn new(file: Option<File<'_>>, environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut reader = Self { given: BTreeMap::new(), settings: Vec::new(), mistakes: Vec::new() };
        if let Some(File { name, text }) = file {
            match text.parse() {
                Ok(table) => reader.take_table("", table),
                Err(error) => reader.mistake(name, broken(text, &error)),
            }
        }
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("BIFRONS_")
                && name != FILE
                && !is_kubernetes_service_variable(key)
            {
                let key = key.replace("__", ".").to_ascii_lowercase();
                let values = value.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
                reader.given.insert(key, Given { values, source: Source::Environment, written: name });
            }
        }
        reader
    }

    fn take_table(&mut self, prefix: &str, table: toml::Table) {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            let values = match value {
                toml::Value::Table(table) => {
                    self.take_table(&format!("{key}."), table);
                    continue;
                }
                toml::Value::Array(list) => list.into_iter().map(scalar).collect(),
                value => vec![scalar(value)],
            };
            self.given.insert(key.clone(), Given { values, source: Source::File, written: key });
        }
    }

    /// One value. A mistake is remembered, and the default stands in so that reading goes on.
    pub(super) fn one<T>(
        &mut self,
        key: &'static str,
        default: &str,
        about: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let given = self.given.remove(key);
        let text = match &given {
            Some(given) => given.values.join(","),
            None => default.to_owned(),
        };
        self.remember(key, about, default, &text, given.as_ref());
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.mistake(given.map_or(key.to_owned(), |given| given.written), message);
                parse(default).ok()
            }
        }
    }

    /// A value that nobody need set.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        about: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.given.contains_key(key) {
            self.one(key, "", about, parse)
        } else {
            self.remember(key, about, "", "", None);
            None
        }
    }

    /// Any number of values: an array in the file, separated by commas in the environment.
    pub(super) fn list<T>(&mut self, key: &'static str, about: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let given = self.given.remove(key);
        let texts: Vec<_> = given.as_ref().map(|given| given.values.clone()).unwrap_or_default();
        self.remember(key, about, "", &texts.join(", "), given.as_ref());
        let written = given.map_or(key.to_owned(), |given| given.written);
        let mut values = Vec::new();
        for text in &texts {
            match parse(text) {
                Ok(value) => values.push(value),
                Err(message) => self.mistake(written.clone(), message),
            }
        }
        values
    }

    /// How many values somebody gave for a key, if anybody did. Asked before it is read.
    pub(super) fn is_given(&self, key: &str) -> Option<usize> {
        self.given.get(key).map(|given| given.values.len())
    }

    /// The setting read last holds a secret: nobody is shown its value.
    pub(super) fn secret(&mut self) {
        if let Some(setting) = self.settings.last_mut().filter(|setting| setting.source != Source::Default) {
            "(set)".clone_into(&mut setting.value);
        }
    }

    /// Remembers what somebody must change.
    pub(super) fn mistake(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.mistakes.push(Mistake { key: key.into(), message: message.into() });
    }

    /// All settings, and all mistakes: keys that no section asked for are mistakes too.
    pub(super) fn finish(mut self) -> (Vec<Setting>, Vec<Mistake>) {
        for (key, given) in std::mem::take(&mut self.given) {
            let nearest = self.settings.iter().map(|setting| setting.key).max_by(|a, b| {
                let near = |known: &str| strsim::jaro_winkler(known, &key);
                near(a).total_cmp(&near(b))
            });
            let hint = nearest.filter(|known| strsim::jaro_winkler(known, &key) > 0.8).map_or_else(
                || "`bifrons config keys` lists the keys".to_owned(),
                |known| {
                    format!(
                        "did you mean {}?",
                        if given.source == Source::Environment { variable(known) } else { known.to_owned() }
                    )
                },
            );
            self.mistake(given.written, format!("there is no such key; {hint}"));
        }
        (self.settings, self.mistakes)
    }

    fn remember(&mut self, key: &'static str, about: &'static str, default: &str, value: &str, given: Option<&Given>) {
        let source = given.map_or(Source::Default, |given| given.source);
        self.settings.push(Setting { key, about, default: default.to_owned(), value: value.to_owned(), source });
    }
}

/// The environment variable of a key.
pub fn variable(key: &str) -> String {
    format!("BIFRONS_{}", key.replace('.', "__").to_ascii_uppercase())
}

/// Only the place: the text around it may hold a secret.
fn broken(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| format!("line {}: ", before.matches('\n').count() + 1));
    format!("{}{}", line.unwrap_or_default(), error.message())
}

fn scalar(value: toml::Value) -> String {
    match value {
        toml::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Kubernetes puts these into every container beside a Service named `bifrons`.
fn is_kubernetes_service_variable(key: &str) -> bool {
    key == "SERVICE_HOST" || key.starts_with("SERVICE_PORT") || key == "PORT" || key.starts_with("PORT_")
}
