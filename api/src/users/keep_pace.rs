//! How long hashes take that are not of today: learnt by ourselves, before anybody can learn it from us, and from no request.

use std::time::Duration;

use super::{PresentError, store};
use crate::{hashing, network::ClientNetwork, secret::Password, state::AppState};

/// More kinds are not looked for: each costs a look at every user.
const KINDS: usize = 16;

/// The best of so many is how long a kind takes.
const TRIES: usize = 3;

/// Compares a password that nobody has with one hash of each kind there is: the slowest sets the pace of all wrong passwords.
pub async fn keep_pace(state: &AppState) -> Result<(), PresentError> {
    let (mut kinds, mut slowest) = (vec![state.hasher.current_prefix()], Duration::ZERO);
    while kinds.len() <= KINDS
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
