//! Users: who there is, and what they may change about themselves.

mod change_password;
mod delete;
mod register;
pub(crate) mod store;
mod update;

pub use change_password::{ChangePasswordError, change_password};
pub use delete::{DeleteError, delete};
pub use register::{RegisterError, Registration, register};
pub use update::{UpdateError, rename};

use crate::secret::PasswordRule;

/// The most characters in a name.
pub const NAME_LENGTH: usize = 100;

/// A rule that a value of somebody's own choice breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Of a new password.
    Password(PasswordRule),
    /// Of the name: too long, empty, or with control characters.
    Name,
}

fn check_name(name: &str) -> Result<(), Violation> {
    let length = name.chars().count();
    let fits = (1..=NAME_LENGTH).contains(&length) && !name.chars().any(char::is_control) && !name.trim().is_empty();
    if fits { Ok(()) } else { Err(Violation::Name) }
}
