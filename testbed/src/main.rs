//! `bifrons-testbed`: the real service for contract and end-to-end tests.
//!
//! The router, the database and every rule are those of `bifrons`. What differs: the database is temporary, the keys are in memory, passwords
//! are cheap to hash, and a second listener, the control, moves the clock and provokes what a client must cope with.
//!
//! | where | what |
//! |---|---|
//! | `arguments` | the command line |
//! | `settings` | which settings of the service a test may choose |
//! | `testbed` | the service and what belongs to it: start, reset |
//! | `seeding` | users with ready credentials |
//! | `expiry` | how a session or a token goes bad |
//! | `mails` | what the service sent |
//! | `recorder` | the log and the security events, as they happen |
//! | `control` | the control listener and its document |
//! | `running` | the process: signals, the command that runs inside |

mod arguments;
mod control;
mod expiry;
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
