//! The rules that values in a request can break: a closed list.

use poem_openapi::Enum;

/// The rule that a value breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(in crate::http) enum Rule {
    /// The field is missing.
    Required,
    /// There is no such field.
    UnknownField,
    /// The JSON type is another one.
    Type,
    /// Too few characters.
    MinLength,
    /// Too many characters.
    MaxLength,
    /// Too many bytes.
    MaxBytes,
    /// Nested too deeply.
    MaxDepth,
    /// Not one of the allowed values.
    OneOf,
    /// Not of the required form.
    Format,
    /// A password that is among the most common ones.
    Common,
    /// A password of little more than the address, the name of the service or its host.
    Context,
    /// A password that is known from a data breach.
    Breached,
    /// Given together with a value that excludes it.
    Conflict,
}
