//! Measures how long hashes with other parameters take, so that the refusal delay hides them. Measured by this node itself, because a
//! request must not be what reveals it.

use std::time::Duration;

use super::{password::AttemptError, store};
use crate::{hashing, network::ClientNetwork, secret::Password, state::AppState};

/// At most this many kinds of hashes are measured: finding the next one may read all rows.
const MAX_KINDS: usize = 16;

/// A kind takes the shortest of so many measurements.
const TRIES: usize = 3;

/// Compares an empty password with one hash of each kind in the database: the slowest sets the refusal delay.
pub async fn calibrate_refusal_delay(state: &AppState) -> Result<(), AttemptError> {
    let (mut kinds, mut slowest) = (vec![state.hasher.current_prefix()], Duration::ZERO);
    while kinds.len() <= MAX_KINDS
        && let Some(hash) = store::other_hash(state.db.connection(), &kinds).await?
    {
        let mut best = Duration::MAX;
        for _ in 0..TRIES {
            let place = state.hasher.admit(ClientNetwork::Local)?;
            let (_, during) = place.verify(Password::new(String::new()), Some(hash.clone())).await?;
            best = best.min(during.end - during.start);
        }
        slowest = slowest.max(best);
        kinds.push(hashing::cost_prefix(&hash));
    }
    state.hasher.set_refusal_delay(slowest);
    Ok(())
}
