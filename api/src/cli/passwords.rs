//! `bifrons passwords`.

use std::{fmt::Write, time::Duration};

use clap::Subcommand;

use super::{Failure, print};
use crate::{
    config::{HashingCost, PasswordsConfig, duration},
    hashing,
};

/// What is tried: the floor that OWASP gives, and then twice the memory each time, with the passes that belong to it.
const TRIED: [(u32, u32); 5] = [(19_456, 2), (32_768, 2), (65_536, 2), (65_536, 3), (131_072, 3)];

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Measure what hashing a password costs on this machine, and propose parameters
    Calibrate {
        /// How long one hash may take
        #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = duration)]
        target: Duration,
    },
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    let Command::Calibrate { target } = command;
    print("memory_kib  iterations   one hash   a second and core\n")?;
    let mut best = TRIED[0];
    for (memory_kib, iterations) in TRIED {
        let cost = HashingCost { memory_kib, iterations, ..PasswordsConfig::default_cost() };
        let took = hashing::measure(&cost).map_err(Failure::new)?;
        print(&format!(
            "{memory_kib:>10}  {iterations:>10}  {:>6.0} ms  {:>18.1}\n",
            took.as_secs_f64() * 1e3,
            1.0 / took.as_secs_f64()
        ))?;
        if took <= *target {
            best = (memory_kib, iterations);
        }
    }
    let (memory_kib, iterations) = best;
    let workers = PasswordsConfig::default_cost().workers;
    let mut said = format!("\n[passwords]\nmemory_kib = {memory_kib}\niterations = {iterations}\n");
    let _ = writeln!(
        said,
        "\nWith {workers} workers that takes {} MiB while all of them are busy.",
        workers as u64 * u64::from(memory_kib) / 1024
    );
    print(&said)
}
