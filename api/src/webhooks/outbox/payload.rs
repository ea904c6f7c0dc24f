//! What a receiver gets: an event of the audit trail, as the admin API shows it. The row is read at each attempt, so what a deletion of the
//! user takes from it is not sent any more.

use entity::audit_event::Model;
use serde_json::{Map, Value, json};

use crate::clock::rfc_3339;

/// The body of a delivery: `type`, `timestamp` and `data`, as the specification recommends.
pub(super) fn body(row: &Model) -> String {
    json!({ "type": row.event, "timestamp": rfc_3339(row.at), "data": data(row) }).to_string()
}

/// The same members as `AuditEvent` of the admin API.
fn data(row: &Model) -> Value {
    let members = [
        ("id", Some(json!(row.id.0))),
        ("time", Some(rfc_3339(row.at).into())),
        ("event", Some(row.event.as_str().into())),
        ("reason", Some(row.reason.as_str().into()).filter(|_| !row.reason.is_empty())),
        ("actor", Some(row.actor_kind.name().into())),
        ("actor_id", row.actor_id.as_deref().map(Value::from)),
        ("user_id", row.user_id.map(|user| json!(user.0))),
        ("session_id", row.session_id.map(|session| json!(session.0))),
        ("ip", row.ip.as_deref().map(Value::from)),
        ("user_agent", row.user_agent.as_deref().map(Value::from)),
        ("request_id", row.request_id.map(|request| json!(request))),
        ("detail", row.detail.as_deref().map(Value::from)),
        ("times", Some(row.times.into())),
    ];
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(members.collect::<Map<_, _>>())
}
