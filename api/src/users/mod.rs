//! Users: who there is.

mod confirm;
pub mod import;
mod keep_pace;
mod present;
mod register;
pub(crate) mod store;

pub use confirm::{ConfirmError, Confirmation, confirm};
pub use keep_pace::keep_pace;
pub use present::{PresentError, Presented, present};
pub use register::{RegisterError, Registered, Registration, register};

use crate::{email_address::is_invisible, passwords::PasswordRule};

/// The most characters in a name.
pub const NAME_LENGTH: usize = 100;

/// A rule that a value of somebody's own choice breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Of a new password.
    Password(PasswordRule),
    /// Of the name: too long, nothing to read, or with characters that cannot be seen.
    Name,
}

impl From<PasswordRule> for Violation {
    fn from(rule: PasswordRule) -> Self {
        Self::Password(rule)
    }
}

/// Whether somebody may be called that: something to read, and nothing that hides or turns what stands around it.
pub(crate) fn check_name(name: &str) -> Result<(), Violation> {
    let length = name.chars().count();
    let is_clean = !name.chars().any(|c| c.is_control() || is_invisible(c));
    let fits = (1..=NAME_LENGTH).contains(&length) && is_clean && !name.trim().is_empty();
    if fits { Ok(()) } else { Err(Violation::Name) }
}
