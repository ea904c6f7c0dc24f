//! Why a command failed, and how it says so.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use crate::config::{InvalidSetting, LogFormat};

/// Why a command failed. Each message says what to change.
#[derive(Debug)]
pub enum Failure {
    Configuration(Vec<InvalidSetting>),
    Failed(String),
    /// The command has already printed the reason.
    Reported,
    /// The log has the reason, and the configuration is wrong.
    ReportedConfiguration,
}

impl Failure {
    pub(super) fn new(error: impl fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// Writes the reason to the log if its lines are JSON: a program reads them. Otherwise [`Failure::report`] prints it.
    pub(super) fn logged(self, format: LogFormat) -> Self {
        if !format.is_json() {
            return self;
        }
        match self {
            Self::Failed(sentence) => {
                tracing::error!(error = sentence, "the service failed");
                Self::Reported
            }
            Self::Configuration(errors) => {
                for InvalidSetting { key, message } in errors {
                    tracing::error!(key, error = message, "the configuration is invalid");
                }
                Self::ReportedConfiguration
            }
            reported => reported,
        }
    }

    /// Prints the reason. Exit code 1: failure, 2: wrong configuration.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Reported => ExitCode::from(1),
            Self::ReportedConfiguration => ExitCode::from(2),
            Self::Failed(sentence) => {
                print_error(&sentence);
                ExitCode::from(1)
            }
            Self::Configuration(errors) => {
                print_error("the configuration is invalid:");
                for error in errors {
                    let _ = writeln!(io::stderr(), "  {error}");
                }
                ExitCode::from(2)
            }
        }
    }
}

fn print_error(sentence: &str) {
    // If standard error is closed, the exit code has to do.
    let _ = writeln!(io::stderr(), "bifrons: {sentence}");
}
