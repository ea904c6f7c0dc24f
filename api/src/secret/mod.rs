//! Everything that must never be printed: passwords, the credentials that clients hold, and the keys that make them.

mod base32;
mod device_token;
mod key_file;
mod passkey_challenge;
mod password;
mod recovery_code;
mod sealing;
mod server_secret;
mod signing_key;
mod token;
mod totp_secret;
mod webhook_secret;

pub use device_token::{DeviceToken, KNOWN_FOR};
pub use key_file::KeyError;
pub(crate) use key_file::read as read_key_file;
pub use passkey_challenge::{ChallengeUse, PasskeyChallenge};
pub use password::Password;
pub use recovery_code::RecoveryCode;
pub use server_secret::{ServerSecret, ServerSecrets};
pub(crate) use signing_key::canonical_pem;
pub use signing_key::{Algorithm, SigningKey};
pub use token::{
    ADMIN_KEY_PREFIX, AdminKey, ChallengeToken, OneTimeToken, REFRESH_TOKEN_PREFIX, RefreshToken, SESSION_COOKIE_PREFIX,
    SessionCookie,
};
pub use totp_secret::{TotpSecret, TotpStep};
pub use webhook_secret::WebhookSecret;
