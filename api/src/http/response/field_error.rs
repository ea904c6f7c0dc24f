//! What is wrong with one value of a request. It names the field and the rule, and carries the limit as data: a form can show it in any
//! language. It never repeats the value.

use poem_openapi::{Object, types::Example};

use super::rule::Rule;

/// A field and the rule that its value breaks. Never the value.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(in crate::http) struct FieldError {
    /// The name of the field, the parameter or the header; `roles.3` for the fourth item of a list; empty for the body as a whole.
    field: String,
    rule: Rule,
    /// What the value must be, in English.
    detail: String,
    /// The minimum that the rule demands: of characters, or of the number itself.
    min: Option<i32>,
    /// The maximum that the rule allows: of characters, bytes, levels or items, or of the number itself.
    max: Option<i32>,
    /// The values that the rule allows.
    values: Option<Vec<String>>,
}

impl FieldError {
    pub(in crate::http) fn new(field: &str, rule: Rule, detail: impl Into<String>) -> Self {
        Self { field: field.to_owned(), rule, detail: detail.into(), min: None, max: None, values: None }
    }

    pub(in crate::http) fn min_length(field: &str, min: usize) -> Self {
        let detail = if min == 1 { "must not be empty".to_owned() } else { format!("must have at least {min} characters") };
        Self { min: limit(min), ..Self::new(field, Rule::MinLength, detail) }
    }

    pub(in crate::http) fn max_length(field: &str, max: usize) -> Self {
        Self { max: limit(max), ..Self::new(field, Rule::MaxLength, format!("must have at most {max} characters")) }
    }

    /// `detail` says where the bytes are counted.
    pub(in crate::http) fn max_bytes(field: &str, max: usize, detail: impl Into<String>) -> Self {
        Self { max: limit(max), ..Self::new(field, Rule::MaxBytes, detail) }
    }

    pub(in crate::http) fn max_depth(field: &str, max: usize) -> Self {
        Self { max: limit(max), ..Self::new(field, Rule::MaxDepth, format!("must have at most {max} levels")) }
    }

    pub(in crate::http) fn max_items(field: &str, max: usize) -> Self {
        Self { max: limit(max), ..Self::new(field, Rule::MaxItems, format!("must have at most {max} items")) }
    }

    pub(in crate::http) fn minimum(field: &str, min: i64) -> Self {
        Self { min: i32::try_from(min).ok(), ..Self::new(field, Rule::Minimum, format!("must be at least {min}")) }
    }

    pub(in crate::http) fn maximum(field: &str, max: i64) -> Self {
        Self { max: i32::try_from(max).ok(), ..Self::new(field, Rule::Maximum, format!("must be at most {max}")) }
    }

    pub(in crate::http) fn one_of(field: &str, values: Vec<String>) -> Self {
        let detail = format!("must be one of {}", values.join(", "));
        Self { values: Some(values), ..Self::new(field, Rule::OneOf, detail) }
    }

    /// The field and what it must be, as one sentence.
    #[cfg(feature = "testbed")]
    pub(in crate::http) fn sentence(&self) -> String {
        let field = if self.field.is_empty() { "the body" } else { &self.field };
        format!("{field} {}", self.detail)
    }

    #[cfg(feature = "testbed")]
    pub(in crate::http) fn is(&self, rule: Rule) -> bool {
        self.rule == rule
    }
}

#[cfg(test)]
impl FieldError {
    pub(in crate::http) fn field(&self) -> &str {
        &self.field
    }

    pub(in crate::http) fn detail(&self) -> &str {
        &self.detail
    }
}

fn limit(number: usize) -> Option<i32> {
    i32::try_from(number).ok()
}

impl Example for FieldError {
    fn example() -> Self {
        Self::min_length("password", 8)
    }
}
