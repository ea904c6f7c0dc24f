//! Everything that must never be printed: passwords, the credentials that clients hold, and the keys that make them.

mod key;
mod password;
mod token;

pub use key::{Algorithm, KeyError, ServerSecret, ServerSecrets, SigningKey, SigningKeys};
pub use password::{Hasher, HashingError, Password, PasswordRule, Verdict};
pub use token::{REFRESH_TOKEN_PREFIX, RefreshToken, SESSION_COOKIE_PREFIX, SessionCookie};
