//! What a user may be called.

use crate::email_address::is_invisible;

/// The maximum number of characters of a name.
pub const MAX_NAME_LENGTH: usize = 100;

/// Whether a name can be shown: it has something visible, and nothing that hides or reorders the text around it.
pub(super) fn is_valid_name(name: &str) -> bool {
    let length = name.chars().count();
    let is_clean = !name.chars().any(|c| c.is_control() || is_invisible(c));
    (1..=MAX_NAME_LENGTH).contains(&length) && is_clean && !name.trim().is_empty()
}
