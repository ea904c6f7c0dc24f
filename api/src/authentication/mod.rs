//! Authentication: establishes who a user is. Every way ends in a [`Proof`], and only `sessions::open` makes a session of one.

mod choose_password;
mod password;
mod proof;
mod refusal_delay;
pub(crate) mod store;

pub use choose_password::{ChoosePasswordError, choose_password};
pub use password::{AttemptError, PasswordAttempt, VerifyPasswordError, prove_password};
pub use proof::Proof;
pub use refusal_delay::calibrate_refusal_delay;
