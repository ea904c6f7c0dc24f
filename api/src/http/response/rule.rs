//! The rules that values in a request can break: a closed list.

use poem_openapi::Enum;

macro_rules! rules {
    ($(#[doc = $doc:literal] $rule:ident,)+) => {
        /// The rule that a value breaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
        #[oai(rename_all = "snake_case")]
        pub(in crate::http) enum Rule { $(#[doc = $doc] $rule,)+ }

        /// What each rule says, in the order of the list.
        pub(in crate::http) const RULES: &[&str] = &[$($doc,)+];
    };
}

rules! {
    /// The field is missing.
    Required,
    /// There is no such field.
    UnknownField,
    /// The JSON type is another one.
    Type,
    /// Fewer characters than `min`.
    MinLength,
    /// More characters than `max`.
    MaxLength,
    /// More bytes than `max`.
    MaxBytes,
    /// More levels than `max`.
    MaxDepth,
    /// More items than `max`.
    MaxItems,
    /// A number under `min`.
    Minimum,
    /// A number over `max`.
    Maximum,
    /// Not one of the allowed values; `values` lists them.
    OneOf,
    /// Not of the required form.
    Format,
    /// A password that is among the most common ones.
    Common,
    /// A password of little more than the address, the name of the service or its host.
    Context,
    /// A password that is known from a data breach.
    Breached,
    /// Given together with a value that excludes it, or twice.
    Conflict,
}
