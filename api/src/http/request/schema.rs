//! Checks a body against the schema of its type: what the specification shows is what is enforced. It reports all faults at once, each by
//! field and rule, never by value.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use poem_openapi::{registry::Registry, types::Type};
use serde_json::{Map, Value, json};

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
        check_field(field, schema, value, passwords.filter(|_| is_new_password(schema)))
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

fn check_field(field: &str, schema: &Value, value: &Value, password: Option<&PasswordsConfig>) -> Option<FieldError> {
    if value.is_null() && schema["nullable"] == true {
        return None;
    }
    let wanted = schema["type"].as_str().unwrap_or_default();
    let fits = match wanted {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => true,
    };
    if !fits {
        let article = if wanted.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        return Some(FieldError::new(field, Rule::Type, format!("must be {article} {wanted}")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the limits in schemas are whole numbers")]
    let bound = |keyword: &str| Some(schema[keyword].as_f64()? as i64);
    if let Some(min) = bound("minimum").filter(|min| value.as_i64().is_some_and(|given| given < *min)) {
        return Some(FieldError::minimum(field, min));
    }
    if let Some(max) = bound("maximum").filter(|max| value.as_i64().is_some_and(|given| given > *max)) {
        return Some(FieldError::maximum(field, max));
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
    let choices = schema["enum"].as_array()?;
    let known = || choices.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    (!choices.contains(value)).then(|| FieldError::one_of(field, known()))
}

/// Follows a reference to a named schema. A described field has its reference in `allOf`.
fn resolve<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    match reference.and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &schemas[name],
        None => schema,
    }
}
