//! Prints users, as JSON or in one line.

use entity::user::{self, Status};
use serde_json::{Value, json};

use crate::clock::rfc_3339;

/// As JSON.
pub(super) fn row(user: &user::Model) -> Value {
    let object = |stored: &Option<String>| stored.as_deref().and_then(|stored| serde_json::from_str::<Value>(stored).ok());
    json!({
        "id": user.id.0,
        "email": user.email,
        "email_verified": user.email_verified,
        "name": user.name,
        "locale": user.locale,
        "status": status(user.status),
        "roles": user.roles.names().collect::<Vec<_>>(),
        "second_factor": user.second_factor,
        "user_metadata": object(&user.user_metadata),
        "app_metadata": object(&user.app_metadata),
        "delete_at": user.delete_at.map(rfc_3339),
        "created_at": rfc_3339(user.created_at),
        "version": user.version,
    })
}

/// In one line.
pub(super) fn line(user: &user::Model) -> String {
    let factor = if user.second_factor { "second factor" } else { "one factor" };
    format!("{}  {}  {}  {factor}  {}\n", user.id.0, user.email, status(user.status), user.roles)
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Disabled => "disabled",
        Status::Deleted => "deleted",
    }
}
