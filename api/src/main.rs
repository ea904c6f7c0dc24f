//! Parses the command line and runs one command.

use std::process::ExitCode;

use bifrons::cli::Cli;
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The allocator requests huge pages for all memory: 13 MiB more when idle. Only the memory of password hashing profits from them.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    Cli::parse().run()
}
