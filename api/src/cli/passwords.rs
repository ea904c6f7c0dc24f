//! `bifrons passwords`.

use std::{fmt::Write, time::Duration};

use clap::Subcommand;

use super::{failure::Failure, print::print};
use crate::{
    config::{HashingCost, PasswordsConfig, duration},
    hashing,
};

/// Parameters to measure: OWASP's minimum, then increasing memory and iterations.
const CANDIDATES: [(u32, u32); 5] = [(19_456, 2), (32_768, 2), (65_536, 2), (65_536, 3), (131_072, 3)];

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Measure password hashing on this machine and recommend parameters
    Calibrate {
        /// Maximum time for one hash
        #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = duration)]
        target: Duration,
    },
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    let Command::Calibrate { target } = command;
    print("memory_kib  iterations   one hash     hashes/s per core\n")?;
    let mut best = CANDIDATES[0];
    for (memory_kib, iterations) in CANDIDATES {
        let cost = HashingCost { memory_kib, iterations, ..PasswordsConfig::default_cost() };
        let elapsed = hashing::measure(&cost).map_err(Failure::new)?;
        print(&format!(
            "{memory_kib:>10}  {iterations:>10}  {:>6.0} ms  {:>18.1}\n",
            elapsed.as_secs_f64() * 1e3,
            1.0 / elapsed.as_secs_f64()
        ))?;
        if elapsed <= *target {
            best = (memory_kib, iterations);
        }
    }
    let (memory_kib, iterations) = best;
    let workers = PasswordsConfig::default_cost().workers;
    let mut text = format!("\n[passwords]\nmemory_kib = {memory_kib}\niterations = {iterations}\n");
    let _ = writeln!(text, "\nWith {workers} workers this uses up to {} MiB.", workers as u64 * u64::from(memory_kib) / 1024);
    print(&text)
}
