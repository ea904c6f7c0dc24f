//! A signature that verifies, and is not used up yet.

use entity::{PasskeyId, UserId, used_challenge};

use super::store::{self, Use};
use crate::{db::Unavailable, state::Tx};

/// A signature that verifies, and is not used up yet.
#[derive(Clone, Debug)]
pub(crate) struct MatchedPasskey {
    pub(super) id: PasskeyId,
    pub(super) spent: used_challenge::Model,
    pub(super) used: Use,
}

impl MatchedPasskey {
    /// Uses it up; false if the passkey was removed, or was used by a copy. [`Unavailable::is_duplicate`] if another request used this
    /// signature.
    pub(crate) async fn use_up(&self, tx: &Tx, user: UserId) -> Result<bool, Unavailable> {
        let is_there = store::note_use(tx, user, self.id, self.used).await?;
        if is_there {
            store::use_challenge(tx, &self.spent).await?;
        }
        Ok(is_there)
    }
}
