//! Reads settings from a TOML file and the environment and collects all errors. The list of known keys consists of the keys that the
//! sections request.

use std::{collections::BTreeMap, fmt, fs};

use aws_lc_rs::digest::{SHA256, digest};

/// The origin of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    File,
    /// Overrides the file.
    Environment,
}

/// One key and its value.
#[derive(Clone, Debug)]
pub struct Setting {
    /// As written in the file: `sessions.idle`.
    pub key: &'static str,
    /// Its purpose, in one sentence.
    pub about: &'static str,
    pub default: String,
    /// The value in effect; `(set)` if it is secret.
    pub value: String,
    pub source: Source,
    /// Tells whether a value that is not shown changed.
    hidden: Option<HiddenHash>,
}

/// The SHA-256 of a value that is not shown: a short one could be guessed from it.
#[derive(Clone, PartialEq, Eq)]
struct HiddenHash(Vec<u8>);

impl fmt::Debug for HiddenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HiddenHash(…)")
    }
}

impl Setting {
    /// Whether the value is the same.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.value, &self.hidden) == (&other.value, &other.hidden)
    }
}

/// A setting that the operator must correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    /// The key or variable as written by the operator.
    pub key: String,
    /// The error and its remedy.
    pub message: String,
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// A configuration file.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its path, for error messages.
    pub name: &'a str,
    pub text: &'a str,
}

struct Given {
    /// As it was written, for a key with one value: a password may have commas.
    text: String,
    /// The items, for a key with several.
    values: Vec<String>,
    source: Source,
    written: String,
}

impl Given {
    /// The items of a list stand between these characters.
    fn new(text: &str, separators: &[char], source: Source, written: String) -> Self {
        let values = text.split(separators).map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
        Self { text: text.trim().to_owned(), values, source, written }
    }
}

/// Parses settings by key.
pub(super) struct Reader {
    given: BTreeMap<String, Given>,
    settings: Vec<Setting>,
    errors: Vec<InvalidSetting>,
}

/// The path of the configuration file, read by the command line.
const CONFIG_VARIABLE: &str = "BIFRONS_CONFIG";

/// The end of a key whose value is in a file.
const FILE: &str = "_file";

impl Reader {
    /// Collects the values of the file, if given, and the environment.
    pub(super) fn new(file: Option<File<'_>>, environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut reader = Self { given: BTreeMap::new(), settings: Vec::new(), errors: Vec::new() };
        if let Some(File { name, text }) = file {
            match text.parse() {
                Ok(table) => reader.take_table("", table),
                Err(error) => reader.reject(name, syntax_error(text, &error)),
            }
        }
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("BIFRONS_")
                && name != CONFIG_VARIABLE
                && !is_kubernetes_service_variable(key)
            {
                let key = key.replace("__", ".").to_ascii_lowercase();
                reader.given.insert(key, Given::new(&value, &[','], Source::Environment, name));
            }
        }
        reader
    }

    fn take_table(&mut self, prefix: &str, table: toml::Table) {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            let values: Vec<_> = match value {
                toml::Value::Table(table) => {
                    self.take_table(&format!("{key}."), table);
                    continue;
                }
                toml::Value::Array(list) => list.into_iter().map(scalar).collect(),
                value => vec![scalar(value)],
            };
            let values: Vec<_> = values.into_iter().filter(|one| !one.is_empty()).collect();
            let text = values.join(",");
            self.given.insert(key.clone(), Given { text, values, source: Source::File, written: key });
        }
    }

    /// A single value. An empty one is unset. After an error the default is used, so that reading continues.
    pub(super) fn one<T>(
        &mut self,
        key: &'static str,
        default: &str,
        about: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let given = self.take(key);
        let text = match &given {
            Some(given) => given.text.clone(),
            None => default.to_owned(),
        };
        self.record(key, about, default, &text, given.as_ref());
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.reject(given.map_or(key.to_owned(), |given| given.written), message);
                parse(default).ok()
            }
        }
    }

    /// A value without a default.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        about: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.is_given(key).is_some_and(|values| values > 0) {
            return self.one(key, "", about, parse);
        }
        self.take(key);
        self.record(key, about, "", "", None);
        None
    }

    /// A list: an array in the file, comma-separated in the environment.
    pub(super) fn list<T>(&mut self, key: &'static str, about: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        self.list_or(key, "", about, parse)
    }

    /// A list with one value when none is given.
    pub(super) fn list_or<T>(
        &mut self,
        key: &'static str,
        default: &str,
        about: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let given = self.take(key);
        let default_values = || Some(default.to_owned()).filter(|default| !default.is_empty()).into_iter().collect();
        let texts: Vec<_> = given.as_ref().map_or_else(default_values, |given| given.values.clone());
        self.record(key, about, default, &texts.join(", "), given.as_ref());
        let written = given.map_or(key.to_owned(), |given| given.written);
        let mut values = Vec::new();
        for text in &texts {
            match parse(text) {
                Ok(value) => values.push(value),
                Err(message) => self.reject(written.clone(), message),
            }
        }
        values
    }

    /// The number of values given for a key, `None` if it is not set. Call before reading the key.
    pub(super) fn is_given(&mut self, key: &str) -> Option<usize> {
        self.read_file(key);
        self.given.get(key).map(|given| given.values.len())
    }

    /// What is given for a key, unless it is empty.
    fn take(&mut self, key: &str) -> Option<Given> {
        self.read_file(key);
        self.given.remove(key).filter(|given| !given.values.is_empty())
    }

    /// `KEY_file` names a file with the value of `KEY`: orchestrators mount secrets as files.
    fn read_file(&mut self, key: &str) {
        let Some(Given { values, source, written, .. }) = self.given.remove(&format!("{key}{FILE}")) else { return };
        let [path] = values.as_slice() else {
            return self.reject(written, "write the path of one file");
        };
        if self.given.contains_key(key) {
            return self.reject(written, format!("is given beside {key}: leave one of them out"));
        }
        match fs::read_to_string(path) {
            Ok(text) => drop(self.given.insert(key.to_owned(), Given::new(&text, &[',', '\n'], source, written))),
            Err(error) => self.reject(written, format!("{path} cannot be read: {error}")),
        }
    }

    /// Hides the value of the setting that was read last.
    pub(super) fn secret(&mut self) {
        if let Some(setting) = self.settings.last_mut().filter(|setting| setting.source != Source::Default) {
            setting.hidden = Some(HiddenHash(digest(&SHA256, setting.value.as_bytes()).as_ref().to_vec()));
            "(set)".clone_into(&mut setting.value);
        }
    }

    /// Records an error.
    pub(super) fn reject(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.errors.push(InvalidSetting { key: key.into(), message: message.into() });
    }

    /// All settings and all errors. A key that no section requested is an error.
    pub(super) fn finish(mut self) -> (Vec<Setting>, Vec<InvalidSetting>) {
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
            self.reject(given.written, format!("there is no such key; {hint}"));
        }
        (self.settings, self.errors)
    }

    fn record(&mut self, key: &'static str, about: &'static str, default: &str, value: &str, given: Option<&Given>) {
        let source = given.map_or(Source::Default, |given| given.source);
        self.settings.push(Setting { key, about, default: default.to_owned(), value: value.to_owned(), source, hidden: None });
    }
}

/// The environment variable of a key.
pub fn variable(key: &str) -> String {
    format!("BIFRONS_{}", key.replace('.', "__").to_ascii_uppercase())
}

/// Position and message only: the text near the error may contain a secret.
fn syntax_error(text: &str, error: &toml::de::Error) -> String {
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

/// Kubernetes sets these variables in every container if a Service is named `bifrons`.
fn is_kubernetes_service_variable(key: &str) -> bool {
    key == "SERVICE_HOST" || key.starts_with("SERVICE_PORT") || key == "PORT" || key.starts_with("PORT_")
}
