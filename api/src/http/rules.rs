//! The rules of the service for values, in its own words, for the control of a testbed: it refuses what the service refuses.

use poem_openapi::types::ParseFromJSON;
use serde_json::Value;

use super::{
    admin::of_operator,
    request::{body, parse_strict_json, schema},
    response::problem::{FieldError, Rule},
};
use crate::accounts::Violation;

/// What happens to members that a type does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherMembers {
    Refused,
    Ignored,
}

/// The JSON value of a body; `None` if it is none, or has two readings.
pub fn parse(bytes: &[u8]) -> Option<Value> {
    parse_strict_json(bytes)
}

/// Reads a value of a type, or says all that is wrong: each sentence names the field, its rule and the limit, never the value.
pub fn read<T: ParseFromJSON + 'static>(value: Value, others: OtherMembers) -> Result<T, Vec<String>> {
    let mut errors = schema::check::<T>(&value, None);
    errors.retain(|error| others == OtherMembers::Refused || !error.is(Rule::UnknownField));
    if errors.is_empty() {
        return T::parse_from_json(Some(value)).map_err(|_| vec![body::other_form().sentence()]);
    }
    Err(errors.iter().map(FieldError::sentence).collect())
}

/// The field of a violation, and what it must be.
pub fn words(violation: Violation) -> String {
    of_operator(violation).sentence()
}
