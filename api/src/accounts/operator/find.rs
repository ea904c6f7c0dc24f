//! Finding users.

use entity::{UserId, user};
use uuid::Uuid;

use super::store::{self, UserFilter};
use crate::{
    accounts, audit::Event, authentication, db::Unavailable, email_address::EmailAddress, state::AppState, statistics::UserCounts,
};

/// A user who is not deleted.
pub async fn user_by_id(state: &AppState, id: UserId) -> Result<Option<user::Model>, Unavailable> {
    let found = accounts::store::find(state.db.connection(), id).await?;
    Ok(found.filter(|user| user.status != user::Status::Deleted))
}

/// The user with this address or id.
pub async fn find_user(state: &AppState, address_or_id: &str) -> Result<Option<user::Model>, Unavailable> {
    if let Ok(id) = Uuid::try_parse(address_or_id) {
        return user_by_id(state, UserId(id)).await;
    }
    let Some(address) = EmailAddress::parse_stored(address_or_id) else { return Ok(None) };
    accounts::store::find_by_email(state.db.connection(), &address).await
}

/// Users, newest first: at most `limit` of those who were created before the user `before`.
pub async fn list_users(
    state: &AppState,
    filter: &UserFilter,
    before: Option<UserId>,
    limit: u64,
) -> Result<Vec<user::Model>, Unavailable> {
    store::list(state.db.connection(), filter, before, limit).await
}

/// How many users there are. It reads the whole table.
pub(crate) async fn count_users(state: &AppState) -> Result<UserCounts, Unavailable> {
    let db = state.db.connection();
    Ok(UserCounts { passkey: authentication::passkey::store::count_owners(db).await?, ..store::count(db).await? })
}

/// Records that an operator read data of a user.
pub fn note_read(state: &AppState, user: UserId, what: &'static str) {
    state.audit.record_read(&Event::UserRead.of(user).because(what));
}
