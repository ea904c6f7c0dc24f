//! Ids as arguments.

use uuid::Uuid;

/// Reads an id.
pub(super) fn parse(text: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text).map_err(|_| "write an id, such as 019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a".to_owned())
}
