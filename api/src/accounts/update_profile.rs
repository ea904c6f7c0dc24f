//! Changing what users say about themselves: name, language, and what an app stores with them.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    new_user::{MAX_DEPTH, MAX_METADATA, Violation, check_name},
    profile_change::ProfileChange,
    store,
};
use crate::{
    config,
    db::{Scope, Unavailable},
    principal::{Principal, UserSnapshot},
    sessions,
    state::AppState,
};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateProfileError {
    /// A value breaks its rule.
    #[error("a value breaks a rule")]
    Invalid(Violation),
    /// The session ended.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Changes the fields that are given.
pub async fn update_profile(
    state: &Arc<AppState>,
    principal: &Principal,
    change: ProfileChange,
) -> Result<UserSnapshot, UpdateProfileError> {
    check_name(change.name.value().map(String::as_str)).map_err(UpdateProfileError::Invalid)?;
    if change.locale.value().is_some_and(|locale| config::locale(locale).is_err()) {
        return Err(UpdateProfileError::Invalid(Violation::Locale));
    }
    let updated = state.write_or_refuse(Scope::Transaction, (principal.clone(), change), |tx, (principal, change)| {
        Box::pin(async move {
            // First the user: two requests that patch the same object wait for each other.
            let is_present = store::update_profile(tx, principal.user.id, change).await?;
            if !is_present || !sessions::store::is_live(tx, &principal.session).await? {
                return Ok(Err(UpdateProfileError::Ended));
            }
            let Some(mut user) = store::find(tx.connection(), principal.user.id).await? else {
                return Ok(Err(UpdateProfileError::Ended));
            };
            if !change.user_metadata.is_kept() {
                user.user_metadata = match merged(user.user_metadata.as_deref(), change.user_metadata.value()) {
                    Ok(metadata) => metadata,
                    Err(violation) => return Ok(Err(UpdateProfileError::Invalid(violation))),
                };
                store::put_user_metadata(tx, user.id, user.user_metadata.as_deref()).await?;
            }
            Ok(Ok(UserSnapshot::from(&user)))
        })
    });
    updated.await?
}

/// The object after the patch, as JSON; `None` if nothing is left.
pub(super) fn merged(stored: Option<&str>, patch: Option<&Map<String, Value>>) -> Result<Option<String>, Violation> {
    let Some(patch) = patch else { return Ok(None) };
    let mut object: Map<String, Value> = stored.and_then(|stored| serde_json::from_str(stored).ok()).unwrap_or_default();
    merge(&mut object, patch);
    if object.is_empty() {
        return Ok(None);
    }
    let object = Value::Object(object);
    if depth(&object) > MAX_DEPTH {
        return Err(Violation::MetadataDepth);
    }
    let written = object.to_string();
    if written.len() > MAX_METADATA { Err(Violation::MetadataSize) } else { Ok(Some(written)) }
}

/// RFC 7396 section 2. The body of a request is not nested deeper than a few hundred levels.
fn merge(object: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => drop(object.remove(name)),
            Value::Object(patch) => {
                let member = object.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
                if !member.is_object() {
                    *member = Value::Object(Map::new());
                }
                if let Value::Object(member) = member {
                    merge(member, patch);
                }
            }
            value => drop(object.insert(name.clone(), value.clone())),
        }
    }
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Object(members) => members.values().map(depth).max(),
        Value::Array(items) => items.iter().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{MAX_METADATA, Violation, depth, merged};

    fn patched(stored: &Value, patch: &Value) -> Value {
        let stored = stored.to_string();
        let merged = merged(Some(&stored), patch.as_object()).unwrap();
        merged.map_or(json!({}), |merged| serde_json::from_str(&merged).unwrap())
    }

    /// The rows of RFC 7396 appendix A whose target and patch are objects.
    #[test]
    fn rfc_7396_appendix_a() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            assert_eq!(patched(&target, &patch), result, "{patch}");
        }
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let of = |length: usize| json!({ "a": "x".repeat(length) });
        let bytes = MAX_METADATA - of(0).to_string().len();
        assert!(merged(None, of(bytes).as_object()).is_ok());
        assert_eq!(merged(None, of(bytes + 1).as_object()), Err(Violation::MetadataSize));
        let five = json!({"a": {"b": [{"c": {}}]}});
        assert_eq!(depth(&five), 5);
        assert!(merged(None, five.as_object()).is_ok());
        assert_eq!(merged(None, json!({ "z": five }).as_object()), Err(Violation::MetadataDepth));
        let half = of(bytes / 2 + 10).to_string();
        assert_eq!(merged(Some(&half), json!({ "b": "x".repeat(bytes / 2) }).as_object()), Err(Violation::MetadataSize));
    }
}
