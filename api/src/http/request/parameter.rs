//! What is wrong with a parameter of a path or a query: found again in the specification, because poem's message repeats the value.

use serde_json::Value;
use url::form_urlencoded;

use crate::http::response::problem::{FieldError, Rule};

/// The rule that the value of a query parameter breaks.
pub(in crate::http) fn broken_rule(name: &str, schema: &Value, query: &str) -> FieldError {
    let value = form_urlencoded::parse(query.as_bytes()).find(|(given, _)| given == name).map(|(_, value)| value);
    let Some(value) = value else { return FieldError::new(name, Rule::Required, "is required") };
    if schema["type"] != "integer" {
        let form = schema["format"].as_str().unwrap_or("value of the API's description").to_uppercase();
        return FieldError::new(name, Rule::Format, format!("must be a {form}"));
    }
    // Any number of digits is an integer.
    let digits = value.strip_prefix('-').unwrap_or(&value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || (digits.len() > 1 && digits.starts_with('0')) {
        return FieldError::new(name, Rule::Type, "must be an integer");
    }
    let bound = |keyword: &str| schema[keyword].as_i64().unwrap_or_default();
    let (min, max) = (bound("minimum"), bound("maximum"));
    let is_low = value.parse().map_or(value.starts_with('-'), |number: i64| number < min);
    if is_low { FieldError::minimum(name, min) } else { FieldError::maximum(name, max) }
}
