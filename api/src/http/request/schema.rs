//! Checks a body against the schema of its type: what the specification shows is what is enforced. It reports all faults at once, each by
//! field and rule, never by value.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use poem_openapi::{registry::Registry, types::Type};
use serde_json::{Map, Value, json};

use crate::{
    email_address::{EmailAddress, EmailRule},
    http::response::problem::{FieldError, Rule},
    sync::{Mutex, lock},
};

/// What is wrong with a body of type `T`.
pub(in crate::http) fn check<T: Type + 'static>(body: &Value) -> Vec<FieldError> {
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
    if body.keys().any(|field| !fields.contains_key(field)) {
        // Not its name: that is text of the client, which no answer repeats.
        let known: Vec<_> = fields.keys().map(String::as_str).collect();
        errors.push(FieldError::new("", Rule::UnknownField, format!("must have no other fields than {}", known.join(", "))));
    }
    errors.extend(body.iter().filter_map(|(field, value)| check_field(field, fields.get(field)?, &schemas, value)));
    errors
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

fn check_field(field: &str, schema: &Value, schemas: &Value, value: &Value) -> Option<FieldError> {
    if value.is_null() && schema["nullable"] == true {
        return None;
    }
    let schema = resolve(schema, schemas);
    let wanted = schema["type"].as_str().unwrap_or_default();
    let fits = match wanted {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "object" => value.is_object(),
        _ => true,
    };
    if !fits {
        return Some(FieldError::new(field, Rule::Type, format!("must be a {wanted}")));
    }
    let length = value.as_str().unwrap_or_default().chars().count();
    let limit = |keyword: &str| schema[keyword].as_u64().and_then(|limit| usize::try_from(limit).ok());
    if let Some(least) = limit("minLength").filter(|least| length < *least) {
        return Some(FieldError::new(
            field,
            Rule::MinLength,
            if least == 1 { "must not be empty".to_owned() } else { format!("must have at least {least} characters") },
        ));
    }
    if let Some(most) = limit("maxLength").filter(|most| length > *most) {
        return Some(FieldError::new(field, Rule::MaxLength, format!("must have at most {most} characters")));
    }
    if schema["format"] == "email"
        && let Err(rule) = EmailAddress::parse(value.as_str().unwrap_or_default())
    {
        let kind = if rule == EmailRule::TooLong { Rule::MaxBytes } else { Rule::Format };
        return Some(FieldError::new(field, kind, rule.detail()));
    }
    let choices = schema["enum"].as_array()?;
    let known: Vec<_> = choices.iter().filter_map(Value::as_str).collect();
    (!choices.contains(value)).then(|| FieldError::new(field, Rule::OneOf, format!("must be one of {}", known.join(", "))))
}

/// Follows a reference to a named schema. A described field has its reference in `allOf`.
fn resolve<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    match reference.and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &schemas[name],
        None => schema,
    }
}
