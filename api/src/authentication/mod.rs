//! Authentication: establishes who a user is. Every way ends in a [`Proof`], and only `sessions::open` makes a session of one.

pub(crate) mod challenge;
mod choose_password;
pub(crate) mod passkey;
mod password;
mod proof;
mod refusal_delay;
pub(crate) mod second_factor;
pub(crate) mod store;

pub use challenge::{IssuedChallenge, VALID_FOR as CHALLENGE_VALID_FOR};
pub use choose_password::{ChoosePasswordError, choose_password};
pub use passkey::{
    AuthenticationOptions, RegistrationOptions, VerifyPasskeyError, provider as passkey_provider,
    registration_options as passkey_options, start_authentication as start_passkey,
};
pub use password::{AttemptError, PasswordAttempt, VerifyPasswordError, prove_password};
pub use proof::Proof;
pub use refusal_delay::calibrate_refusal_delay;
pub use second_factor::{CodeKind, Factor, VerifyCodeError, open as open_totp, reseal as reseal_second_factors, seal as seal_totp};
