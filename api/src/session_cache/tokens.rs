//! Access tokens whose signature was verified: verifying a signature costs more than all the rest of a request.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

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
pub struct VerifiedTokens {
    tokens: Bounded<[u8; 32], VerifiedToken>,
    /// How often they were forgotten.
    generation: AtomicU64,
}

impl VerifiedTokens {
    pub fn new() -> Self {
        Self { tokens: Bounded::new(MAX_TOKENS), generation: AtomicU64::new(0) }
    }

    /// Forgets all of them, and those that are being verified: a key is gone.
    pub fn clear(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.tokens.clear();
    }

    /// What `token` says, if it was verified before or `verify` does it now.
    pub fn get(&self, token: &str, verify: impl FnOnce() -> Option<VerifiedToken>) -> Option<VerifiedToken> {
        let digest = digest(&SHA256, token.as_bytes());
        let key = digest.as_ref().try_into().ok()?;
        if let Some(verified) = self.tokens.get(&key) {
            return Some(verified);
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let verified = verify()?;
        self.tokens.insert(key, verified);
        if self.generation.load(Ordering::SeqCst) != generation {
            self.tokens.remove(&key);
        }
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
        f.debug_tuple("VerifiedTokens").field(&self.tokens.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use entity::SessionId;
    use uuid::Uuid;

    use super::{VerifiedToken, VerifiedTokens};

    const ADA: VerifiedToken = VerifiedToken { session: SessionId(Uuid::from_u128(1)), expires_at: 2, authenticated_at: 1 };
    const BOB: VerifiedToken = VerifiedToken { session: SessionId(Uuid::from_u128(2)), expires_at: 4, authenticated_at: 3 };

    #[test]
    fn a_token_is_verified_once_until_a_key_is_gone() {
        let tokens = VerifiedTokens::new();
        assert_eq!(tokens.get("ada", || None), None);
        assert_eq!(tokens.get("ada", || Some(ADA)), Some(ADA), "a refusal is not kept");
        assert_eq!(tokens.get("ada", || None), Some(ADA));
        assert_eq!(tokens.get("bob", || Some(BOB)), Some(BOB));
        tokens.clear();
        assert_eq!([tokens.get("ada", || None), tokens.get("bob", || None)], [None, None]);
    }

    #[test]
    fn a_token_that_was_verified_while_a_key_went_is_verified_again() {
        let tokens = VerifiedTokens::new();
        let verify = || {
            tokens.clear();
            Some(ADA)
        };
        assert_eq!(tokens.get("ada", verify), Some(ADA));
        assert_eq!(tokens.get("ada", || None), None);
    }
}
