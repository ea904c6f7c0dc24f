//! Objects that several operations answer with.

use entity::{UnixMillis, user};
use poem_openapi::{Enum, Object, types::Example};
use serde::Serialize;
use uuid::Uuid;

use crate::http::{request::json_object::JsonObject, response::timestamp::Timestamp, v1::model::instant};

/// Whether a user may sign in.
#[derive(Clone, Copy, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum UserStatus {
    /// May sign in.
    Active,
    /// May not sign in.
    Disabled,
}

impl From<UserStatus> for user::Status {
    fn from(status: UserStatus) -> Self {
        match status {
            UserStatus::Active => Self::Active,
            UserStatus::Disabled => Self::Disabled,
        }
    }
}

/// A user as operators see them.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct AdminUser {
    /// Never changes and is never reused: the access token's `sub`.
    id: Uuid,
    /// As the user typed it.
    email: String,
    /// Whether the user has shown that they read mail at the address.
    email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The language of mails: a BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    status: UserStatus,
    /// What the user may do. `admin` is reserved.
    roles: Vec<String>,
    /// Whether a sign-in demands a second factor.
    second_factor: bool,
    /// What the app stores with the user, who may change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_metadata: Option<JsonObject>,
    /// What operators store with the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_metadata: Option<JsonObject>,
    /// When the account is deleted, unless the user signs in before.
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_at: Option<Timestamp>,
    created_at: Timestamp,
    /// Grows with every change, and with every sign-out of all sessions. In quotes it is the value of `If-Match`.
    version: i64,
}

impl From<&user::Model> for AdminUser {
    fn from(user: &user::Model) -> Self {
        Self {
            id: user.id.0,
            email: user.email.clone(),
            email_verified: user.email_verified,
            name: user.name.clone(),
            locale: user.locale.clone(),
            status: if user.status == user::Status::Active { UserStatus::Active } else { UserStatus::Disabled },
            roles: user.roles.names().map(str::to_owned).collect(),
            second_factor: user.second_factor,
            user_metadata: JsonObject::stored(user.user_metadata.as_deref()),
            app_metadata: JsonObject::stored(user.app_metadata.as_deref()),
            delete_at: user.delete_at.map(instant),
            created_at: instant(user.created_at),
            version: user.version,
        }
    }
}

impl Example for AdminUser {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_7a3d_1b5c_7e08_8f4a_2d9c_31e7_5a60),
            email: "ada@example.com".to_owned(),
            email_verified: true,
            name: Some("Ada Lovelace".to_owned()),
            locale: Some("en".to_owned()),
            status: UserStatus::Active,
            roles: vec!["editor".to_owned()],
            second_factor: true,
            user_metadata: Some(JsonObject::example("theme", "dark")),
            app_metadata: Some(JsonObject::example("plan", "team")),
            delete_at: Some(instant(UnixMillis(1_769_850_000_000))),
            created_at: instant(UnixMillis(1_767_171_600_000)),
            version: 7,
        }
    }
}

/// How many sessions an instruction ended.
#[derive(Object, Serialize)]
#[oai(example)]
pub(super) struct SessionsEnded {
    sessions_ended: i32,
}

impl From<u64> for SessionsEnded {
    fn from(count: u64) -> Self {
        Self { sessions_ended: i32::try_from(count).unwrap_or(i32::MAX) }
    }
}

impl Example for SessionsEnded {
    fn example() -> Self {
        Self { sessions_ended: 2 }
    }
}
