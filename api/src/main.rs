//! Parses the command line and runs one command.

use std::process::ExitCode;

use bifrons::cli::Cli;
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The allocator asks for huge pages everywhere: 13 MiB more at rest. Only what passwords are hashed in gains by them.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    Cli::parse().run()
}
