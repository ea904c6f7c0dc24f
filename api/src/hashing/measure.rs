//! The time of one hash on this machine.

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};

use super::{argon2id::hash, error::HashingError, memory::Memory};
use crate::{config::HashingCost, secret::Password};

/// How long one hash takes on an idle core: the best of six, in reused memory.
pub fn measure(cost: &HashingCost) -> Result<Duration, HashingError> {
    let params = Params::new(cost.memory_kib, cost.iterations, 1, None).map_err(|_| HashingError::Failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (mut memory, password) = (Memory::new(argon2.params().block_count()), Password::new("correct horse battery".to_owned()));
    let mut best = Duration::MAX;
    for _ in 0..6 {
        let begun = Instant::now();
        hash(&mut memory, &argon2, &password)?;
        best = best.min(begun.elapsed());
    }
    Ok(best)
}
