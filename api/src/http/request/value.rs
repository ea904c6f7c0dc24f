//! What is wrong with a value of a request, by the schema that the specification shows for it: of a body, of a query.

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use super::patterns;
use crate::{
    config::PasswordsConfig,
    email_address::{self, EmailAddress, EmailRule},
    http::response::problem::{FieldError, Rule},
};

/// The rules of a request.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    /// The named schemas, to which others refer.
    pub(super) schemas: &'a Value,
    /// The effective lengths of new passwords.
    pub(super) passwords: Option<&'a PasswordsConfig>,
}

/// At most so many unknown names, and so many items of a list, are reported: the answer stays smaller than the body.
pub(super) const MAX_REPORTED: usize = 8;
const MAX_NAME: usize = 64;

/// A name that a client sent, for an error.
pub(super) fn shortened(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

/// Only a password that is chosen has a minimum.
pub(in crate::http) fn is_new_password(schema: &Value) -> bool {
    schema["format"] == "password" && schema.get("minLength").is_some()
}

impl Rules<'_> {
    /// The faults of the members of an object: `path` and a dot stand before their names. A closed object has no other members.
    pub(super) fn object(&self, path: &str, schema: &Value, members: &Map<String, Value>, is_closed: bool) -> Vec<FieldError> {
        let none = Map::new();
        let fields = schema["properties"].as_object().unwrap_or(&none);
        let at = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let missing = required.filter(|field| !members.contains_key(*field));
        let mut errors: Vec<_> = missing.map(|field| FieldError::new(&at(field), Rule::Required, "is required")).collect();
        if is_closed {
            let unknown = members.keys().filter(|field| !fields.contains_key(*field)).take(MAX_REPORTED);
            let known = || fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let detail = || format!("is no field; the fields are {}", known());
            errors.extend(unknown.map(|field| FieldError::new(&at(&shortened(field)), Rule::UnknownField, detail())));
        }
        errors.extend(members.iter().flat_map(|(field, value)| match fields.get(field) {
            Some(schema) => self.value(&at(field), schema, value),
            None => Vec::new(),
        }));
        errors
    }

    /// The faults of a value, and of what is inside it.
    pub(super) fn value(&self, path: &str, schema: &Value, value: &Value) -> Vec<FieldError> {
        let is_nullable = schema["nullable"] == true || schema["allOf"].get(1).is_some_and(|beside| beside["nullable"] == true);
        let schema = resolve(schema, self.schemas);
        if value.is_null() && (is_nullable || schema["nullable"] == true) {
            return Vec::new();
        }
        if let Some(error) = self.broken(path, schema, value) {
            return vec![error];
        }
        match value {
            Value::Object(members) => self.object(path, schema, members, false),
            Value::Array(items) => {
                let errors =
                    items.iter().enumerate().flat_map(|(n, item)| self.value(&format!("{path}.{n}"), &schema["items"], item));
                errors.take(MAX_REPORTED).collect()
            }
            _ => Vec::new(),
        }
    }

    fn broken(&self, path: &str, schema: &Value, value: &Value) -> Option<FieldError> {
        wrong_type(path, schema, value)
            .or_else(|| out_of_range(path, schema, value))
            .or_else(|| self.wrong_length(path, schema, value.as_str()?))
            .or_else(|| wrong_form(path, schema, value.as_str()?))
            .or_else(|| {
                let choices = schema["enum"].as_array().filter(|choices| !choices.contains(value))?;
                Some(FieldError::one_of(path, choices.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
            })
    }

    fn wrong_length(&self, path: &str, schema: &Value, text: &str) -> Option<FieldError> {
        let length = text.chars().count();
        let limit = |keyword: &str| schema[keyword].as_u64().and_then(|limit| usize::try_from(limit).ok());
        let (least, most) = match self.passwords.filter(|_| is_new_password(schema)) {
            Some(passwords) => (Some(passwords.min_length), Some(passwords.max_bytes)),
            None => (limit("minLength"), limit("maxLength")),
        };
        let short = least.filter(|least| length < *least).map(|least| FieldError::min_length(path, least));
        short.or_else(|| most.filter(|most| length > *most).map(|most| FieldError::max_length(path, most)))
    }
}

fn wrong_type(path: &str, schema: &Value, value: &Value) -> Option<FieldError> {
    let wanted = schema["type"].as_str().unwrap_or_default();
    let fits = match wanted {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => true,
    };
    let article = if wanted.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    (!fits).then(|| FieldError::new(path, Rule::Type, format!("must be {article} {wanted}")))
}

fn out_of_range(path: &str, schema: &Value, value: &Value) -> Option<FieldError> {
    // Exact up to 2^53, which is beyond every limit but those of the type.
    let given = value.as_f64()?;
    let (least, most) = match schema["format"].as_str() {
        Some("int32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
        Some("int64") => (-TWO_TO_63, TWO_TO_63),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let (min, max) = (schema["minimum"].as_f64().unwrap_or(least), schema["maximum"].as_f64().unwrap_or(most));
    #[expect(clippy::cast_possible_truncation, reason = "the limits in schemas are whole numbers")]
    let (at_least, at_most) = (min as i64, max as i64);
    if given < min {
        return Some(FieldError::minimum(path, at_least));
    }
    (given > max || given >= TWO_TO_63).then(|| FieldError::maximum(path, at_most))
}

/// The first number that is no `int64`.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

fn wrong_form(path: &str, schema: &Value, text: &str) -> Option<FieldError> {
    let format = |detail: &str| FieldError::new(path, Rule::Format, detail);
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    if pattern == patterns::EMAIL
        && let Err(rule) = EmailAddress::parse(text)
    {
        return Some(match rule {
            EmailRule::TooLong => FieldError::max_bytes(path, email_address::MAX_BYTES, rule.detail()),
            EmailRule::Syntax | EmailRule::Domain => format(rule.detail()),
        });
    }
    match schema["format"].as_str() {
        Some("uuid") if !is_uuid(text) => Some(format("must be a UUID")),
        Some("date") if OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339).is_err() => {
            Some(format("must be a day: 2026-01-31"))
        }
        Some("date-time") if OffsetDateTime::parse(text, &Rfc3339).is_err() => {
            Some(format("must be a moment as in RFC 3339: 2026-01-31T09:00:00Z"))
        }
        _ => patterns::broken(pattern, text).map(format),
    }
}

/// With hyphens, without braces or a prefix: one text for each id.
pub(super) fn is_uuid(text: &str) -> bool {
    Uuid::parse_str(text).is_ok_and(|id| id.to_string().eq_ignore_ascii_case(text))
}

/// Follows a reference to a named schema. A described field has its reference in `allOf`.
fn resolve<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    match reference.and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &schemas[name],
        None => schema,
    }
}
