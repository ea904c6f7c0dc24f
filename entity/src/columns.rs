//! Column types with a unit, and secrets that no log shows.

use std::{fmt, time::Duration};

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize, Deserialize)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The time `duration` later, at most the maximum.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time `duration` earlier, at least the minimum.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time since `earlier`. Zero if `earlier` is in the future, because a clock can be set back.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds since 1970, rounded down: JWT's `NumericDate` (RFC 7519 section 2).
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// A password as a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`).
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct PasswordHash(pub String);

/// SHA-256 of the secret half of a session cookie.
#[derive(Clone, PartialEq, Eq, DeriveValueType, Serialize, Deserialize)]
pub struct SecretHash(pub Vec<u8>);

/// 32 random bytes from which, together with the server secret, a grant's refresh tokens are derived.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Seed(pub Vec<u8>);

macro_rules! redacted_debug {
    ($($column:ident),*) => {$(
        impl fmt::Debug for $column {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($column), "(…)"))
            }
        }
    )*};
}
redacted_debug!(PasswordHash, SecretHash, Seed);

#[cfg(test)]
mod tests {
    use super::{PasswordHash, SecretHash, Seed};

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?} {:?}", PasswordHash("$argon2id$x".into()), SecretHash(vec![65; 32]), Seed(vec![65; 32]));
        assert_eq!(shown, "PasswordHash(…) SecretHash(…) Seed(…)");
    }
}
