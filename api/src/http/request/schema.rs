//! Checks a body against the schema of its type: what the specification shows is what is enforced. It reports all faults at once, each by
//! field and rule, never by value.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use poem_openapi::{registry::Registry, types::Type};
use serde_json::{Value, json};

use super::value::Rules;
use crate::{
    config::PasswordsConfig,
    http::response::problem::{FieldError, Rule},
    sync::{Mutex, lock},
};

/// What is wrong with a body of type `T`. `passwords` has the effective lengths of new passwords.
pub(in crate::http) fn check<T: Type + 'static>(body: &Value, passwords: Option<&PasswordsConfig>) -> Vec<FieldError> {
    let schemas = schemas_of::<T>();
    match body.as_object() {
        Some(body) => Rules { schemas: &schemas, passwords }.object("", &schemas[T::name().as_ref()], body, true),
        None => vec![FieldError::new("", Rule::Type, "must be a JSON object")],
    }
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
