//! `bifrons-testbed`: the real service for contract and end-to-end tests.
//!
//! The router, the database and every rule are those of `bifrons`. What differs: the database is temporary, the keys are in memory, and
//! passwords are cheap to hash. A second listener, the control, moves the clock and provokes the problems that a client must handle.
//!
//! | where | what |
//! |---|---|
//! | `arguments` | the command line |
//! | `settings` | which settings of the service a test may choose |
//! | `folder` | the temporary folder |
//! | `testbed` | the service: its start, its reset, its clock |
//! | `seeding` | users with ready credentials |
//! | `expiry` | makes a session or a token invalid |
//! | `mails` | reads the mails that the service sent |
//! | `recorder` | keeps the log and the security events |
//! | `control` | the control listener and its document |
//! | `running` | the process: signals, the command that runs inside |

mod arguments;
mod control;
mod expiry;
mod folder;
mod mails;
mod recorder;
mod running;
mod seeding;
mod settings;
mod testbed;
#[cfg(test)]
mod tests;

use std::{io::Write, process::ExitCode, time::Instant};

use clap::Parser;

use arguments::Arguments;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let begun = Instant::now();
    let arguments = Arguments::parse();
    let ended = match arguments.run_for {
        Some(parent) => running::run_for(parent, &arguments.command),
        None => running::run(&arguments, begun),
    };
    ended.unwrap_or_else(|error| {
        // Standard error may be closed.
        let _ = writeln!(std::io::stderr(), "bifrons-testbed: {error}");
        ExitCode::from(2)
    })
}
