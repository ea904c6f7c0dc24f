//! Users, sessions and grants for tests and for the bench: rows that are valid, to be changed where a test wants them otherwise.

use std::time::Duration;

use entity::{
    GrantId, Method, Methods, Roles, Seed, SessionId, UnixMillis, UserId,
    session::{self, Mode},
    token_grant::{self, RefreshIn},
    user::{self, Status},
};
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// An active user who signed up at `now`.
pub fn user(now: UnixMillis) -> user::Model {
    user::Model {
        id: UserId(Uuid::nil()),
        email: "ada@example.com".to_owned(),
        email_canonical: "ada@example.com".to_owned(),
        email_verified: false,
        locale: None,
        user_metadata: None,
        app_metadata: None,
        delete_at: None,
        name: None,
        roles: Roles::default(),
        status: Status::Active,
        credential_epoch: 0,
        second_factor: false,
        version: 1,
        changed_at: now,
        created_at: now,
    }
}

/// That user's session in mode `cookie`, opened by password at `now`. It lives for a day.
pub fn session(now: UnixMillis) -> session::Model {
    session::Model {
        id: SessionId(Uuid::nil()),
        user_id: UserId(Uuid::nil()),
        mode: Mode::Cookie,
        secret_hash: None,
        authenticated_at: now,
        methods: Methods::only(Method::Password),
        remember: false,
        created_at: now,
        last_seen_at: now,
        idle_expires_at: now.plus(DAY),
        expires_at: now.plus(DAY),
        ip: None,
        user_agent: None,
        version: 1,
        changed_at: now,
        ended_at: None,
        ended_because: None,
    }
}

/// That session's grant, if it had the mode `token`: no refresh token was used yet.
pub fn grant() -> token_grant::Model {
    let session_id = SessionId(Uuid::nil());
    let id = GrantId::of(session_id);
    token_grant::Model { id, session_id, seed: Seed(vec![7; 32]), generation: 0, rotated_at: None, refresh_in: RefreshIn::Body }
}
