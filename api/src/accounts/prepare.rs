//! Users whom a testbed prepares: their values keep the rules for what operators write.

use entity::{UnixMillis, user};
use serde_json::{Map, Value};

use super::{
    new_user::Violation,
    operator::{CreateUser, row_of},
    update_profile::merged,
};

/// The row of a user with these values, if they keep their rules.
pub fn prepared(create: CreateUser, app_metadata: Option<&Map<String, Value>>, now: UnixMillis) -> Result<user::Model, Violation> {
    let app_metadata = merged(None, app_metadata)?;
    Ok(user::Model { app_metadata, ..row_of(create, now)? })
}
