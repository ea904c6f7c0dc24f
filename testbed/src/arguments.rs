//! The command line.

use std::{ffi::OsString, path::PathBuf};

use bifrons::version;
use clap::Parser;
use entity::UnixMillis;

use crate::settings;

/// The real Bifrons for contract and end-to-end tests: a temporary database, a clock that moves, faults on demand, users with ready credentials.
///
/// Prints one line of JSON when it is ready: `url` of the service, `control` and `token` of the control listener. With a COMMAND it sets
/// `BIFRONS_URL`, `BIFRONS_CONTROL` and `BIFRONS_CONTROL_TOKEN`, runs the command, and exits with its status.
///
/// Settings of the service come from the environment, as for `bifrons`, except those of the listener, the database, Redis, TLS, the data folder and
/// the mail server. Limits are off unless a variable `BIFRONS_LIMITS__…` is set.
#[derive(Debug, Parser)]
#[command(name = "bifrons-testbed", version = version::LONG.as_str())]
pub(crate) struct Arguments {
    /// A JSON file `{"users": […]}`: the users who exist after the start and after each reset, as createUser of the control takes them
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// Where the clock stands, in RFC 3339; the time of the start if it is left out. It stands still until the control moves it
    #[arg(long, value_name = "TIME", value_parser = settings::moment)]
    pub(crate) now: Option<UnixMillis>,
    /// Print the line of JSON before a COMMAND too
    #[arg(long)]
    pub(crate) json: bool,
    /// Accept connections from other machines, for containers. The control stays on loopback
    #[arg(long)]
    pub(crate) any_address: bool,
    /// End as soon as standard input closes: a test runner that dies leaves nothing behind
    #[arg(long)]
    pub(crate) until_stdin_closes: bool,
    /// Run the command in this process, which ends with the process of that id
    #[arg(long, hide = true, value_name = "PID", requires = "command")]
    pub(crate) run_for: Option<i32>,
    /// What runs while the service does
    #[arg(last = true)]
    pub(crate) command: Vec<OsString>,
}
