//! The command line: one command per file.

mod admin_key;
mod audit;
mod backup;
mod check;
mod config;
mod deployment;
mod doctor;
mod effective;
mod failure;
mod find_user;
mod health;
mod id;
mod json_lines;
mod keys;
pub mod log;
mod mail;
mod migrate;
mod moment;
mod nodes;
mod openapi;
mod passwords;
mod print;
mod reload;
mod runtime;
mod secrets;
mod serve;
mod sessions;
mod settings;
mod statistics;
mod user;
mod webhook;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::version;
use failure::Failure;
use settings::load;

/// One session, two faces: a self-hosted authentication service.
#[derive(Debug, Parser)]
#[command(
    name = "bifrons",
    version = version::LONG.as_str(),
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
    Serve(serve::Arguments),
    /// Print the specification of the API (OpenAPI)
    Openapi {
        /// Of the admin API
        #[arg(long)]
        admin: bool,
        /// Print one line per operation instead
        #[arg(long)]
        index: bool,
    },
    /// Check the configuration, list its keys
    #[command(subcommand)]
    Config(config::Command),
    /// Check a deployment from one of its machines: database, Redis, mail, clocks, keys, certificate, proxies
    Check(check::Arguments),
    /// Ask a node whether it can serve
    Health(health::Arguments),
    /// Check cookies and CORS of any API as browsers apply them, for each frontend
    Doctor(Box<doctor::Arguments>),
    /// Migrate the database schema to this version and exit
    Migrate,
    /// List, create, change and delete users, end their sessions, help them to a new password
    #[command(subcommand)]
    User(user::Command),
    /// Show the audit trail: who did what, when, and from where
    Audit(audit::Arguments),
    /// Show how many users, sessions and sign-ins there are
    Statistics(statistics::Arguments),
    /// List the sessions of a user, end one, those of a user, or all
    #[command(subcommand, alias = "sessions")]
    Session(sessions::Command),
    /// Make, list and revoke the keys of programs for the admin API
    #[command(subcommand)]
    AdminKey(admin_key::Command),
    /// Deliver events to other services: create, change, test and delete webhooks, look at their deliveries
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Copy the embedded database into a new file, while nodes use it. The server secret is not in it
    Backup(backup::Arguments),
    /// Put a copy in the place of the embedded database, while no node uses it, and keep the former one beside it
    Restore(backup::Arguments),
    /// Test mail, look at the outbox
    #[command(subcommand)]
    Mail(mail::Command),
    /// List, rotate, import and retire the keys that sign access tokens
    #[command(subcommand)]
    Keys(keys::Command),
    /// Replace the server secrets
    #[command(subcommand)]
    Secrets(secrets::Command),
    /// What all nodes on one database must share
    #[command(subcommand)]
    Deployment(deployment::Command),
    /// Measure the cost of password hashing
    #[command(subcommand)]
    Passwords(passwords::Command),
}

impl Cli {
    /// Runs the command. Exit code 0: success, 1: failure, 2: wrong usage or configuration.
    pub fn run(self) -> ExitCode {
        let result = match self.command {
            None => serve::run(self.config.as_ref(), &serve::Arguments::default()),
            Some(Command::Serve(arguments)) => serve::run(self.config.as_ref(), &arguments),
            Some(Command::Openapi { admin, index }) => openapi::run(admin, index),
            Some(Command::Config(command)) => config::run(&command, self.config.as_ref()),
            Some(Command::Check(arguments)) => load(self.config.as_ref()).and_then(|(_, config)| check::run(&arguments, &config)),
            Some(Command::Health(arguments)) => health::run(&arguments, self.config.as_ref()),
            Some(Command::Doctor(arguments)) => doctor::run(*arguments),
            Some(Command::Migrate) => load(self.config.as_ref()).and_then(|(_, config)| migrate::run(config)),
            Some(Command::User(command)) => load(self.config.as_ref()).and_then(|(_, config)| user::run(&command, &config)),
            Some(Command::Audit(arguments)) => load(self.config.as_ref()).and_then(|(_, config)| audit::run(&arguments, &config)),
            Some(Command::Statistics(arguments)) => {
                load(self.config.as_ref()).and_then(|(_, config)| statistics::run(&arguments, &config))
            }
            Some(Command::Session(command)) => load(self.config.as_ref()).and_then(|(_, config)| sessions::run(&command, &config)),
            Some(Command::AdminKey(command)) => {
                load(self.config.as_ref()).and_then(|(_, config)| admin_key::run(&command, &config))
            }
            Some(Command::Webhook(command)) => load(self.config.as_ref()).and_then(|(_, config)| webhook::run(&command, &config)),
            Some(Command::Backup(file)) => load(self.config.as_ref()).and_then(|(_, config)| backup::backup(&file, &config)),
            Some(Command::Restore(file)) => load(self.config.as_ref()).and_then(|(_, config)| backup::restore(&file, &config)),
            Some(Command::Mail(command)) => load(self.config.as_ref()).and_then(|(_, config)| mail::run(&command, &config)),
            Some(Command::Keys(command)) => load(self.config.as_ref()).and_then(|(_, config)| keys::run(&command, &config)),
            Some(Command::Secrets(command)) => load(self.config.as_ref()).and_then(|(_, config)| secrets::run(&command, &config)),
            Some(Command::Deployment(command)) => {
                load(self.config.as_ref()).and_then(|(_, config)| deployment::run(&command, &config))
            }
            Some(Command::Passwords(command)) => passwords::run(&command),
        };
        result.map_or_else(Failure::report, |()| ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Cli;

    /// An address may begin with a hyphen (RFC 5322 section 3.2.3), and so do one in 64 of the keys' ids (base64url).
    #[test]
    fn an_identifier_may_begin_with_a_hyphen() {
        let id = "-hV9qrnlTgHg4ZWj1hRMDl3x-cF8p1KkQ0wE7uN5b2c";
        let email = "-h@example.com";
        let commands = [
            ["keys", "retire", id, "--json"],
            ["mail", "--config=f", "test", email],
            ["sessions", "end", "--user", email],
            ["user", "sign-out", email, "--json"],
            ["user", "--config=f", "disable", email],
            ["user", "enable", "--json", email],
            ["user", "send-reset", "--json", email],
            ["user", "reset-factors", email, "--json"],
            ["user", "set-password", email, "--json"],
            ["user", "roles", email, "--json"],
            ["session", "list", "--json", email],
        ];
        for command in commands {
            let parsed = Cli::try_parse_from([&["bifrons"], command.as_slice()].concat());
            let read = format!("{:?}", parsed.unwrap_or_else(|error| panic!("{command:?}: {error}")));
            assert!(read.contains(id) || read.contains(email), "{read}");
            assert!(!command.contains(&"--json") || read.contains("json: true"), "{read}");
        }
    }
}
