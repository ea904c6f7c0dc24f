//! What users may do with their accounts.

use std::time::Duration;

use super::{reader::Reader, values::duration};

/// What users may do with their accounts.
#[derive(Clone, Copy, Debug)]
pub struct AccountsConfig {
    /// How long after `deleteMe` an account is deleted; zero deletes it at once.
    pub deletion_grace: Duration,
}

impl AccountsConfig {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let about =
            "How long after `deleteMe` an account is deleted: 30d. A sign-in before then keeps it. 0s deletes it immediately.";
        Some(Self { deletion_grace: reader.one("accounts.deletion_grace", "0s", about, duration)? })
    }
}
