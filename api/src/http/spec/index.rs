//! The operations as text: `openapi.txt`.

use serde_json::Value;

use super::{api::Api, document::all};

/// One line for each operation, for the review of a change: method, path, operationId, who may call it, statuses.
pub fn index(api: Api) -> String {
    let lines = all(api).map(|(path, method, operation)| {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let security = operation["security"].as_array().map_or(&[] as &[Value], Vec::as_slice);
        let who = match security {
            [] => "public",
            // An empty requirement: no credential is one of the ways.
            some if some.iter().any(|one| one.as_object().is_some_and(serde_json::Map::is_empty)) => "optional",
            _ => "signed in",
        };
        let statuses: Vec<_> =
            operation["responses"].as_object().into_iter().flat_map(|all| all.keys()).map(String::as_str).collect();
        format!("{:<7}{path:<26} {id:<21} {who:<11}{}\n", method.to_uppercase(), statuses.join(" "))
    });
    lines.collect()
}
