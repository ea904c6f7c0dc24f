//! Whether an answer to a sign-in says that a second factor is due. Each API says it in its own words.

use serde_json::Value;

/// Whether a body of JSON says so: `{"mfa_required":true}`, `{"status":"challenge"}`.
pub(crate) fn is_demanded_in(body: &str) -> bool {
    let Ok(Value::Object(members)) = serde_json::from_str(body) else { return false };
    members.iter().any(|(name, value)| match value {
        // What the user has set up is no demand.
        _ if is_named_in(name) => !is_empty(value) && !SETTINGS.iter().any(|word| name.to_ascii_lowercase().contains(word)),
        Value::String(text) => STATES.contains(&squashed(name).as_str()) && is_named_in(text),
        _ => false,
    })
}

const SETTINGS: [&str; 7] = ["enabled", "enrolled", "configured", "active", "verified", "methods", "setup"];

/// The names of members that say how a sign-in stands.
const STATES: [&str; 11] = ["status", "state", "next", "step", "nextstep", "stage", "action", "error", "code", "reason", "type"];

/// Whether a name, a state or a path names a second factor.
pub(crate) fn is_named_in(text: &str) -> bool {
    let squashed = squashed(text);
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    ["2fa", "mfa", "twofactor", "secondfactor", "twostep", "2step", "totp"].iter().any(|word| squashed.contains(word))
        || words.any(|word| word == "otp" || word == "challenge" || word.starts_with("otprequire"))
}

fn squashed(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(set) => !set,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_demanded_in, is_named_in};

    #[test]
    fn a_demand_is_told_from_a_setting() {
        for (body, demanded) in [
            (r#"{"status":"challenge","token":"x"}"#, true),
            (r#"{"mfa_required":true}"#, true),
            (r#"{"mfaRequired":true}"#, true),
            (r#"{"requires2FA":true}"#, true),
            (r#"{"two_factor":true}"#, true),
            (r#"{"two_factor":false}"#, false),
            (r#"{"error":"mfa_required","mfa_token":"x"}"#, true),
            (r#"{"otpRequired":true}"#, true),
            (r#"{"challenge":{"factors":["totp"]}}"#, true),
            (r#"{"challenge":null}"#, false),
            (r#"{"nextStep":"CONFIRM_SIGN_IN_WITH_TOTP_CODE"}"#, true),
            (r#"{"mfa_enabled":true}"#, false),
            (r#"{"status":"signed-in","user":{"mfa_required":true}}"#, false),
            (r#"{"name":"challenge"}"#, false),
            ("<p>challenge", false),
        ] {
            assert_eq!(is_demanded_in(body), demanded, "{body}");
        }
        assert!(is_named_in("/accounts/2fa/authenticate/") && is_named_in("/login/two-factor") && !is_named_in("/hotpot"));
    }
}
