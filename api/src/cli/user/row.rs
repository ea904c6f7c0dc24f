//! Prints a user in one line.

use entity::user::{self, Status};

/// In one line.
pub(super) fn line(user: &user::Model) -> String {
    let factor = if user.second_factor { "second factor" } else { "one factor" };
    let status = match user.status {
        Status::Active => "active",
        Status::Disabled => "disabled",
        Status::Deleted => "deleted",
    };
    format!("{}  {}  {status}  {factor}  {}\n", user.id.0, user.email, user.roles)
}
