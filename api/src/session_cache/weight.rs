//! What the cache's entries take of its memory.

use std::sync::Arc;

use entity::{SessionId, UserId};
use quick_cache::Weighter;

use crate::principal::{SessionSnapshot, UserSnapshot};

/// Entries weigh their bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes;

impl Weighter<SessionId, Arc<SessionSnapshot>> for Bytes {
    fn weight(&self, _: &SessionId, session: &Arc<SessionSnapshot>) -> u64 {
        session.weight()
    }
}

impl Weighter<UserId, Arc<UserSnapshot>> for Bytes {
    fn weight(&self, _: &UserId, user: &Arc<UserSnapshot>) -> u64 {
        user.weight()
    }
}
