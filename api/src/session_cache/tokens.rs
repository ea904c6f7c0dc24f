//! Access tokens whose signature was verified: verifying a signature costs more than all the rest of a request.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use entity::SessionId;
use quick_cache::sync::Cache as Bounded;

/// How many tokens are cached. Each takes about 100 bytes; a session has one valid token.
const MAX_TOKENS: usize = 100_000;

/// What a verified token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    /// `sid`: the session it was issued for.
    pub session: SessionId,
    /// `exp`: when it expires, in seconds since 1970.
    pub expires_at: i64,
    /// `auth_time`: when the user had last authenticated, in seconds since 1970.
    pub authenticated_at: i64,
}

/// Verified tokens, by their digest: the token itself is not kept.
pub struct VerifiedTokens(Bounded<[u8; 32], VerifiedToken>);

impl VerifiedTokens {
    pub fn new() -> Self {
        Self(Bounded::new(MAX_TOKENS))
    }

    /// What `token` says, if it was verified before or `verify` does it now.
    pub fn get(&self, token: &str, verify: impl FnOnce() -> Option<VerifiedToken>) -> Option<VerifiedToken> {
        let digest = digest(&SHA256, token.as_bytes());
        let key = digest.as_ref().try_into().ok()?;
        if let Some(verified) = self.0.get(&key) {
            return Some(verified);
        }
        let verified = verify()?;
        self.0.insert(key, verified);
        Some(verified)
    }
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifiedTokens").field(&self.0.len()).finish()
    }
}
