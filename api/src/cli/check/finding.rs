//! What a check has found.

use serde_json::{Value, json};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    /// Not configured.
    Off,
    Warning,
    Failed,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Off => "off",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What a check has found, and what to change.
#[derive(Debug)]
pub(super) struct Finding {
    about: &'static str,
    pub(super) state: State,
    detail: String,
    remedy: Option<String>,
}

impl Finding {
    pub(super) fn ok(about: &'static str, detail: impl Into<String>) -> Self {
        Self { about, state: State::Ok, detail: detail.into(), remedy: None }
    }

    pub(super) fn off(about: &'static str, detail: impl Into<String>) -> Self {
        Self { about, state: State::Off, detail: detail.into(), remedy: None }
    }

    pub(super) fn warning(about: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { about, state: State::Warning, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn failed(about: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { about, state: State::Failed, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    /// For people.
    pub(super) fn line(&self) -> String {
        let remedy = self.remedy.as_ref().map(|remedy| format!("{:27}→ {remedy}\n", "")).unwrap_or_default();
        format!("{:8} {:17} {}\n{remedy}", self.state.name(), self.about, self.detail)
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({ "check": self.about, "state": self.state.name(), "detail": self.detail, "remedy": self.remedy })
    }
}
