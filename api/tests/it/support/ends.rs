//! The ways to end a session.

use super::{Actor, EMAIL, PASSWORD};

const NEW: &str = "another horse entirely";

/// Every way to end a session of Ada: by the session itself or by another session of hers.
pub const ENDS: [&str; 6] = ["sign out", "end one", "end others", "password", "delete", "sign in again"];

pub async fn end(how: &str, victim: &Actor, other: &Actor) {
    match how {
        "sign out" => victim.sign_out().await.expect(204),
        "end one" => {
            let id = victim.get_session().await.expect(200).string("/id");
            other.delete(&format!("/v1/me/sessions/{id}")).await.expect(204)
        }
        "end others" => other.delete("/v1/me/sessions").await.expect(204),
        "password" => other.change_password(PASSWORD, NEW).await.expect(200),
        "delete" => other.delete("/v1/me").await.expect(204),
        "sign in again" => victim.sign_in(EMAIL, PASSWORD).await.expect(200),
        _ => unreachable!(),
    };
}
