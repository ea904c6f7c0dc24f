//! Checks a body against the schema of its type: what the specification shows is what is enforced. It reports all faults at once, each by
//! field and rule, never by value.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use poem_openapi::{registry::Registry, types::Type};
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::patterns;
use crate::{
    config::PasswordsConfig,
    email_address::{self, EmailAddress, EmailRule},
    http::response::problem::{FieldError, Rule},
    sync::{Mutex, lock},
};

/// What is wrong with a body of type `T`. `passwords` has the effective lengths of new passwords.
pub(in crate::http) fn check<T: Type + 'static>(body: &Value, passwords: Option<&PasswordsConfig>) -> Vec<FieldError> {
    let schemas = schemas_of::<T>();
    let schema = &schemas[T::name().as_ref()];
    let Some(body) = body.as_object() else {
        return vec![FieldError::new("", Rule::Type, "must be a JSON object")];
    };
    let none = Map::new();
    let fields = schema["properties"].as_object().unwrap_or(&none);
    let missing =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).filter(|field| !body.contains_key(*field));
    let mut errors: Vec<_> = missing.map(|field| FieldError::new(field, Rule::Required, "is required")).collect();
    let unknown = body.keys().filter(|field| !fields.contains_key(*field)).take(MAX_UNKNOWN);
    errors.extend(unknown.map(|field| FieldError::new(&shortened(field), Rule::UnknownField, unknown_detail(fields))));
    errors.extend(body.iter().filter_map(|(field, value)| {
        let schema = resolve(fields.get(field)?, &schemas);
        let error = check_field(field, schema, value, passwords.filter(|_| is_new_password(schema)));
        error.or_else(|| check_items(field, resolve(schema.get("items")?, &schemas), value))
    }));
    errors
}

/// At most this many unknown fields are reported, each with at most so many characters: the answer stays smaller than the body.
const MAX_UNKNOWN: usize = 8;
const MAX_NAME: usize = 64;

fn shortened(field: &str) -> String {
    field.chars().take(MAX_NAME).collect()
}

fn unknown_detail(fields: &Map<String, Value>) -> String {
    let known: Vec<_> = fields.keys().map(String::as_str).collect();
    format!("is no field; the fields are {}", known.join(", "))
}

/// The schemas that `T` registers, by name, as the specification writes them.
fn schemas_of<T: Type + 'static>() -> Arc<Value> {
    static SCHEMAS: LazyLock<Mutex<HashMap<TypeId, Arc<Value>>>> = LazyLock::new(Mutex::default);
    let register = || {
        let mut registry = Registry::new();
        T::register(&mut registry);
        Arc::new(json!(registry.schemas))
    };
    Arc::clone(lock(&SCHEMAS).entry(TypeId::of::<T>()).or_insert_with(register))
}

/// Only a password that is chosen has a minimum.
pub(in crate::http) fn is_new_password(schema: &Value) -> bool {
    schema["format"] == "password" && schema.get("minLength").is_some()
}

/// The first item of a list that breaks a rule.
fn check_items(field: &str, schema: &Value, items: &Value) -> Option<FieldError> {
    let mut items = items.as_array()?.iter().enumerate();
    items.find_map(|(at, item)| check_field(&format!("{field}[{at}]"), schema, item, None))
}

fn check_field(field: &str, schema: &Value, value: &Value, password: Option<&PasswordsConfig>) -> Option<FieldError> {
    if value.is_null() && schema["nullable"] == true {
        return None;
    }
    let wanted = schema["type"].as_str().unwrap_or_default();
    let fits = match wanted {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => true,
    };
    if !fits {
        let article = if wanted.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        return Some(FieldError::new(field, Rule::Type, format!("must be {article} {wanted}")));
    }
    if let Some(error) = check_bounds(field, schema, value) {
        return Some(error);
    }
    let length = value.as_str().unwrap_or_default().chars().count();
    let limit = |keyword: &str| schema[keyword].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let (least, most) = match password {
        Some(passwords) => (Some(passwords.min_length), Some(passwords.max_bytes)),
        None => (limit("minLength"), limit("maxLength")),
    };
    if let Some(least) = least.filter(|least| length < *least) {
        return Some(FieldError::min_length(field, least));
    }
    if let Some(most) = most.filter(|most| length > *most) {
        return Some(FieldError::max_length(field, most));
    }
    if schema["pattern"] == patterns::EMAIL
        && let Err(rule) = EmailAddress::parse(value.as_str().unwrap_or_default())
    {
        return Some(match rule {
            EmailRule::TooLong => FieldError::max_bytes(field, email_address::MAX_BYTES, rule.detail()),
            EmailRule::Syntax | EmailRule::Domain => FieldError::new(field, Rule::Format, rule.detail()),
        });
    }
    let broken = |pattern| patterns::broken(pattern, value.as_str().unwrap_or_default());
    if let Some(detail) = schema["pattern"].as_str().and_then(broken) {
        return Some(FieldError::new(field, Rule::Format, detail));
    }
    if schema["format"] == "date-time" && value.as_str().is_some_and(|text| OffsetDateTime::parse(text, &Rfc3339).is_err()) {
        return Some(FieldError::new(field, Rule::Format, "must be a time in RFC 3339, such as 2026-01-01T09:00:00Z"));
    }
    let choices = schema["enum"].as_array()?;
    let known = || choices.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    (!choices.contains(value)).then(|| FieldError::one_of(field, known()))
}

fn check_bounds(field: &str, schema: &Value, value: &Value) -> Option<FieldError> {
    let given = value.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "the limits in schemas are whole numbers")]
    let whole = |bound: f64| bound as i64;
    let below = schema["minimum"].as_f64().filter(|min| given < *min).map(|min| FieldError::minimum(field, whole(min)));
    below.or_else(|| schema["maximum"].as_f64().filter(|max| given > *max).map(|max| FieldError::maximum(field, whole(max))))
}

/// Follows a reference to a named schema. A described field has its reference in `allOf`.
fn resolve<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    match reference.and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &schemas[name],
        None => schema,
    }
}
