//! The names of the cookies that requests carry, as the configuration derives them.

use serde_json::Value;

use super::{effective::Effective, operations::operations_mut};
use crate::http::request::credentials::{REFRESH_COOKIE, SESSION_COOKIE};

pub(super) fn name(document: &mut Value, effective: &Effective) {
    let policy = &effective.cookies;
    for (scheme, name) in [(SESSION_COOKIE, policy.session_name), (REFRESH_COOKIE, policy.refresh_name)] {
        if let Some(scheme) = document["components"]["securitySchemes"].get_mut(scheme) {
            scheme["name"] = name.into();
        }
    }
    for (_, operation) in operations_mut(document) {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "cookie") {
            let (name, about, example) = match parameter["name"].as_str() {
                Some("device") => (
                    policy.device_name,
                    "Marks the browser as known to the account. It is no credential.",
                    "bfd_f1Vf3vBv7kZQ1mRr7bW9AAAAAZttKzQZ",
                ),
                Some("challenge") => (
                    policy.challenge_name,
                    "Mode `cookie`: the sign-in that waits for a second factor.",
                    "bfc_AZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gws",
                ),
                _ => (policy.probe_name, "The cookie that `setProbeCookie` has set.", "1"),
            };
            parameter["name"] = name.into();
            parameter["description"] = about.into();
            parameter["example"] = example.into();
        }
    }
}
