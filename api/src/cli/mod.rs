//! The command line: one command per file.

mod config;
mod doctor;
pub mod log;
mod migrate;
mod openapi;
mod passwords;
mod serve;
mod user;

use std::{
    fmt, fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::config::{Config, File, InvalidSetting, Reading, Setting};

/// One session, two faces: a self-hosted authentication service.
#[derive(Debug, Parser)]
#[command(
    name = "bifrons",
    version,
    after_help = "Every configuration key can also be set in the environment: sessions.idle is BIFRONS_SESSIONS__IDLE."
)]
pub struct Cli {
    /// The configuration file [default: `$BIFRONS_CONFIG`, else ./bifrons.toml if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API (the default)
    Serve,
    /// Print the `OpenAPI` document
    Openapi {
        /// Print one line per operation instead
        #[arg(long)]
        index: bool,
    },
    /// Check the configuration, list its keys
    #[command(subcommand)]
    Config(config::Command),
    /// Check cookies and CORS of any API as browsers apply them, for each frontend
    Doctor(Box<doctor::Arguments>),
    /// Migrate the database schema to this version and exit
    Migrate,
    /// Import, sign out, disable and enable users
    #[command(subcommand)]
    User(user::Command),
    /// Measure the cost of password hashing
    #[command(subcommand)]
    Passwords(passwords::Command),
}

/// Why a command failed. Each message says what to change.
#[derive(Debug)]
pub enum Failure {
    Configuration(Vec<InvalidSetting>),
    Failed(String),
    /// The command has already printed the reason.
    Reported,
}

impl Failure {
    fn new(error: impl fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Cli {
    /// Runs the command. Exit code 0: success, 1: failure, 2: wrong usage or configuration.
    pub fn run(self) -> ExitCode {
        let result = match self.command {
            None | Some(Command::Serve) => load(self.config.as_ref()).and_then(|(_, config)| serve::run(config)),
            Some(Command::Openapi { index }) => openapi::run(index),
            Some(Command::Config(command)) => config::run(&command, self.config.as_ref()),
            Some(Command::Doctor(arguments)) => doctor::run(*arguments),
            Some(Command::Migrate) => load(self.config.as_ref()).and_then(|(_, config)| migrate::run(config)),
            Some(Command::User(command)) => load(self.config.as_ref()).and_then(|(_, config)| user::run(&command, &config)),
            Some(Command::Passwords(command)) => passwords::run(&command),
        };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(Failure::Reported) => ExitCode::from(1),
            Err(Failure::Failed(sentence)) => {
                print_error(&sentence);
                ExitCode::from(1)
            }
            Err(Failure::Configuration(errors)) => {
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

/// Prints to standard output. A reader that closes the pipe (`bifrons openapi | head`) is not an error.
fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(error)),
        _ => Ok(()),
    }
}

/// Reads the configuration file, if it exists, and the environment.
fn read(file: Option<&PathBuf>) -> Result<Reading, Failure> {
    let explicit = file.cloned().or_else(|| std::env::var_os("BIFRONS_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from));
    let path = explicit.clone().unwrap_or_else(|| PathBuf::from("bifrons.toml"));
    let text = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound && explicit.is_none() => None,
        Err(error) => {
            let error = InvalidSetting { key: path.display().to_string(), message: format!("cannot be read: {error}") };
            return Err(Failure::Configuration(vec![error]));
        }
    };
    // A value that is not UTF-8 fails its parser.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    let name = path.display().to_string();
    Ok(Config::read(text.as_deref().map(|text| File { name: &name, text }), environment))
}

fn load(file: Option<&PathBuf>) -> Result<(Vec<Setting>, Config), Failure> {
    let Reading { settings, config } = read(file)?;
    config.map(|config| (settings, config)).map_err(Failure::Configuration)
}

/// Runs a future on one thread per core. Does not wait for threads that are still blocked when it ends.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}
