//! Argon2id alone, on the core of the measured process: the upper bound for sign-ins, and the speed of another crate.

use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::{cores::SERVER, node::PASSWORD};

/// Which crate hashes. Both reuse their memory, in huge pages where the system has them.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Code {
    /// The crate of the service: `argon2`.
    Ours,
    /// The fastest known crate: `argon2-rust`, with hand-written AVX-512.
    Fastest,
}

/// Hashes with the default parameters for a second, and prints the rate and the hash.
pub(crate) fn run(code: Code) {
    let (password, salt, mut out) = (PASSWORD.as_bytes(), b"a salt of 16 B..", [0; 32]);
    let rate = match code {
        Code::Ours => {
            use argon2::{Algorithm, Argon2, Block, Params, Version};
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap());
            let mut memory = vec![Block::new(); argon2.params().block_count()];
            repeat(|| argon2.hash_password_into_with_memory(password, salt, &mut out, &mut memory).unwrap())
        }
        Code::Fastest => {
            use argon2_rust::{Algorithm, Argon2, Params, Version, params::Memory};
            let params = Params::builder().memory(Memory::kib(19_456)).passes(2).build().unwrap();
            let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hasher();
            repeat(|| hasher.hash_into(password, salt, &mut out).unwrap())
        }
    };
    println!("{rate} {out:?}");
}

fn repeat(mut hash: impl FnMut()) -> f64 {
    hash();
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(1) {
        hash();
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

/// The rate and the hash, from a process that does nothing else.
pub(crate) async fn rate(code: Code) -> (f64, String) {
    let code = if matches!(code, Code::Ours) { "ours" } else { "fastest" };
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER]).arg(std::env::current_exe().unwrap()).args(["hash", code]);
    let printed = String::from_utf8(command.output().await.unwrap().stdout).unwrap();
    let (rate, hash) = printed.split_once(' ').unwrap();
    (rate.parse().unwrap(), hash.to_owned())
}
