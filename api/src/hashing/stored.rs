//! Stored hashes of any scheme, as text.

use entity::PasswordHash;

use super::{argon2id, foreign::Foreign};

/// What all hashes of the same cost begin with: scheme and parameters.
pub fn cost_prefix(stored: &PasswordHash) -> String {
    // Salt and hash follow them; bcrypt writes both as one field.
    let fields: Vec<_> = stored.0.split('$').collect();
    let rest = if Foreign::of(&stored.0) == Some(Foreign::Bcrypt) { 1 } else { 2 };
    let parameters = fields.len().saturating_sub(rest);
    let prefix = format!("{}$", fields[..parameters].join("$"));
    // A value that is no hash shares its prefix with no other.
    if stored.0.starts_with(&prefix) { prefix } else { stored.0.clone() }
}

/// Whether a hash can be imported: it is complete, and its cost is bounded.
pub fn is_importable(stored: &str) -> bool {
    Foreign::of(stored).map_or_else(|| argon2id::is_importable(stored), |foreign| foreign.is_within_bounds(stored))
}

/// Whether a stored hash may be verified at a sign-in.
pub(super) fn is_within_bounds(stored: &str) -> bool {
    Foreign::of(stored).map_or_else(|| argon2id::is_within_bounds(stored), |foreign| foreign.is_within_bounds(stored))
}
