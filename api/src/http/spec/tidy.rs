//! Corrects what poem-openapi writes and other tools do not expect.

use serde_json::{Map, Value};

use super::operations::operations;

/// Every generator reads this version.
const VERSION: &str = "3.0.3";

pub(super) fn tidy(document: &mut Value) {
    document["openapi"] = VERSION.into();
    correct(document);
    order_tags(document);
}

fn correct(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(correct),
        Value::Object(members) => {
            for (flag, default) in [("deprecated", false), ("explode", true)] {
                if members.get(flag) == Some(&Value::Bool(default)) {
                    members.shift_remove(flag);
                }
            }
            if let Some(Value::Object(headers)) = members.get_mut("headers") {
                *headers =
                    std::mem::take(headers).into_iter().map(|(name, header)| (canonical(&name), header)).collect::<Map<_, _>>();
            }
            members.values_mut().for_each(correct);
        }
        // `maximum: 100.0`
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) && !number.is_i64() => {
            if let Ok(whole) = format!("{:.0}", number.as_f64().unwrap_or_default()).parse::<i64>() {
                *value = whole.into();
            }
        }
        _ => {}
    }
}

/// `SET-COOKIE` as `Set-Cookie`.
fn canonical(name: &str) -> String {
    if name.eq_ignore_ascii_case("ETag") {
        return "ETag".to_owned();
    }
    let part = |part: &str| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_uppercase() + &rest.to_lowercase()
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

/// Sorts the tags by the order of their operations.
fn order_tags(document: &mut Value) {
    let order: Vec<_> = operations(document).map(|(_, _, operation)| operation["tags"][0].clone()).collect();
    if let Some(tags) = document["tags"].as_array_mut() {
        tags.sort_by_key(|tag| order.iter().position(|name| *name == tag["name"]));
    }
}

/// Removes the components that nothing refers to.
pub(super) fn remove_unused(document: &mut Value) {
    loop {
        let text = document.to_string();
        let is_used = |kind: &str, name: &str| text.contains(&format!("\"#/components/{kind}/{name}\""));
        let mut removed = false;
        for kind in ["headers", "schemas"] {
            let Some(components) = document["components"].get_mut(kind).and_then(Value::as_object_mut) else { continue };
            let before = components.len();
            components.retain(|name, _| is_used(kind, name));
            removed |= components.len() < before;
        }
        if !removed {
            return;
        }
    }
}
