//! The operations as text: `openapi.txt`.

use super::document::{DOCUMENT, operations};

/// One line for each operation, for the review of a change: method, path, operationId, who may call it, statuses.
pub fn index() -> String {
    let lines = operations(&DOCUMENT).map(|(path, method, operation)| {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let who = match operation["security"].as_array().map_or(0, Vec::len) {
            0 => "public",
            2 => "signed in",
            _ => "optional",
        };
        let statuses: Vec<_> =
            operation["responses"].as_object().into_iter().flat_map(|all| all.keys()).map(String::as_str).collect();
        format!("{:<7}{path:<27}{id:<20}{who:<11}{}\n", method.to_uppercase(), statuses.join(" "))
    });
    lines.collect()
}
