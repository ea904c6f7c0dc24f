//! The command line: one command a file.

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

use crate::config::{Config, File, Mistake, Reading, Setting};

/// One session, two faces: a self-hosted authentication service.
#[derive(Debug, Parser)]
#[command(
    name = "bifrons",
    version,
    after_help = "Every key of the configuration can be given in the environment too: sessions.idle is BIFRONS_SESSIONS__IDLE."
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
        /// Print one line an operation instead
        #[arg(long)]
        index: bool,
    },
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Tell what browsers make of an API's cookies and CORS, from each frontend
    Doctor(Box<doctor::Arguments>),
    /// Bring the database's schema up to date, and stop
    Migrate,
    /// Bring users along, sign them out, disable them
    #[command(subcommand)]
    User(user::Command),
    /// Look after what hashing passwords costs
    #[command(subcommand)]
    Passwords(passwords::Command),
}

/// Why a command failed. Each is a sentence that says what to change.
#[derive(Debug)]
pub enum Failure {
    /// The configuration has mistakes.
    Configuration(Vec<Mistake>),
    /// Anything else.
    Failed(String),
    /// All was said already.
    Told,
}

impl Failure {
    fn new(error: impl fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Cli {
    /// Runs the command: 0 done, 1 failed, 2 wrong usage or configuration.
    pub fn run(self) -> ExitCode {
        let done = match self.command {
            None | Some(Command::Serve) => load(self.config.as_ref()).and_then(|(_, config)| serve::run(config)),
            Some(Command::Openapi { index }) => openapi::run(index),
            Some(Command::Config(command)) => config::run(&command, self.config.as_ref()),
            Some(Command::Doctor(arguments)) => doctor::run(*arguments),
            Some(Command::Migrate) => load(self.config.as_ref()).and_then(|(_, config)| migrate::run(config)),
            Some(Command::User(command)) => load(self.config.as_ref()).and_then(|(_, config)| user::run(&command, &config)),
            Some(Command::Passwords(command)) => passwords::run(&command),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(Failure::Told) => ExitCode::from(1),
            Err(Failure::Failed(sentence)) => {
                complain(&sentence);
                ExitCode::from(1)
            }
            Err(Failure::Configuration(mistakes)) => {
                complain("the configuration cannot be used:");
                for mistake in mistakes {
                    let _ = writeln!(io::stderr(), "  {mistake}");
                }
                ExitCode::from(2)
            }
        }
    }
}

fn complain(sentence: &str) {
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(io::stderr(), "bifrons: {sentence}");
}

/// Prints to standard output. A reader that goes away (`bifrons openapi | head`) has seen enough.
fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(error)),
        _ => Ok(()),
    }
}

/// Reads the configuration: the file if there is one, and the environment.
fn read(file: Option<&PathBuf>) -> Result<Reading, Failure> {
    let asked_for = file.cloned().or_else(|| std::env::var_os("BIFRONS_CONFIG").map(PathBuf::from));
    let path = asked_for.clone().unwrap_or_else(|| PathBuf::from("bifrons.toml"));
    let text = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound && asked_for.is_none() => None,
        Err(error) => {
            let mistake = Mistake { key: path.display().to_string(), message: format!("cannot be read: {error}") };
            return Err(Failure::Configuration(vec![mistake]));
        }
    };
    // A value that is not UTF-8 is none that we know.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    let name = path.display().to_string();
    Ok(Config::read(text.as_deref().map(|text| File { name: &name, text }), environment))
}

fn load(file: Option<&PathBuf>) -> Result<(Vec<Setting>, Config), Failure> {
    let Reading { settings, config } = read(file)?;
    config.map(|config| (settings, config)).map_err(Failure::Configuration)
}

/// Runs a future to its end on as many threads as there are cores.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?.block_on(future)
}
