//! Walks over the operations of a document.

use serde_json::Value;

/// All operations: path, method, operation.
pub(super) fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// All operations with their methods.
pub(super) fn operations_mut(document: &mut Value) -> impl Iterator<Item = (&str, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(_, methods)| {
        methods.as_object_mut().into_iter().flatten().map(|(method, operation)| (method.as_str(), operation))
    })
}
