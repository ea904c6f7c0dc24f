//! The rules that every input must keep, as the property tests check them.

#[path = "../../api/tests/properties/checks.rs"]
pub mod checks;
