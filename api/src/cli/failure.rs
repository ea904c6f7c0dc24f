//! Why a command failed, and how it says so.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use crate::config::InvalidSetting;

/// Why a command failed. Each message says what to change.
#[derive(Debug)]
pub enum Failure {
    Configuration(Vec<InvalidSetting>),
    Failed(String),
    /// The command has already printed the reason.
    Reported,
}

impl Failure {
    pub(super) fn new(error: impl fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// Prints the reason. Exit code 1: failure, 2: wrong configuration.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Reported => ExitCode::from(1),
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
