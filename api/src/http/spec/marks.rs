//! What programs that read the document ask of an operation, derived from what it says already: `x-bifrons`.

use serde_json::{Value, json};

use super::{operations::operations_mut, problems::CODES};
use crate::http::request::credentials::{ACCESS_TOKEN, REFRESH_COOKIE, SESSION_COOKIE, STEP_UP_PROBLEM};

pub(super) const MARKS: &str = "x-bifrons";

/// Adds the marks. The responses are complete by then.
pub(super) fn add(document: &mut Value) {
    let components = document["components"].clone();
    for (_, operation) in operations_mut(document) {
        let modes = modes(&components, operation);
        let fresh = demands_fresh(&components, operation);
        operation[MARKS] = json!({ "modes": modes, "fresh": fresh });
    }
}

/// The modes of the sessions whose credentials the operation takes, or, where it takes none, that it opens.
fn modes(components: &Value, operation: &Value) -> Vec<&'static str> {
    let takes = |scheme: &str| operation["security"].as_array().into_iter().flatten().any(|one| one.get(scheme).is_some());
    let answer = &resolve(components, &operation["responses"]["200"])["content"]["application/json"]["schema"];
    let opens = operation["security"] == json!([]) && resolve(components, answer)["properties"].get("tokens").is_some();
    let modes = [("cookie", takes(SESSION_COOKIE)), ("token", takes(ACCESS_TOKEN) || takes(REFRESH_COOKIE))];
    modes.into_iter().filter(|(_, takes)| opens || *takes).map(|(mode, _)| mode).collect()
}

/// Whether it can refuse a session in which the user did not authenticate a short time ago.
fn demands_fresh(components: &Value, operation: &Value) -> bool {
    let response = resolve(components, &operation["responses"][STEP_UP_PROBLEM.status().to_string()]);
    let codes = response.pointer(CODES).and_then(Value::as_array);
    codes.is_some_and(|codes| codes.contains(&STEP_UP_PROBLEM.name()))
}

/// What a reference names; a value that is none stands for itself.
fn resolve<'a>(components: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components"));
    reference.and_then(|pointer| components.pointer(pointer)).unwrap_or(value)
}
