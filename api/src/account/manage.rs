//! What whoever runs the service does to an account.

use entity::{UnixMillis, session::EndedBecause, user::Status};

use crate::{
    db::{Db, Unavailable},
    email_address::EmailAddress,
    sessions, users,
};

/// What to do to an account.
#[derive(Clone, Copy, Debug)]
pub enum Measure {
    /// End all sessions.
    SignOut,
    /// The same, and none can begin.
    Disable,
    /// Sessions can begin again.
    Enable,
}

/// Takes a measure; how many sessions have ended by it, or `None` if nobody has the address. Nodes hear of it as of every change
/// that they did not make: by looking.
pub async fn take(db: &Db, measure: Measure, address: &EmailAddress, now: UnixMillis) -> Result<Option<u64>, Unavailable> {
    let Some(user) = users::store::find_by_email(db.connection(), address).await? else { return Ok(None) };
    let change = async || {
        let transaction = db.begin().await?;
        // First the user, and only then the sessions: one that begins meanwhile began before, and ends too.
        let _heard_by_looking = match measure {
            Measure::SignOut => users::store::note_change(&transaction, user.id).await?,
            Measure::Disable => users::store::set_status(&transaction, user.id, Status::Disabled).await?,
            Measure::Enable => users::store::set_status(&transaction, user.id, Status::Active).await?,
        };
        let ended = match measure {
            Measure::SignOut | Measure::Disable => {
                sessions::store::end_all(&transaction, user.id, EndedBecause::ByOperator, now).await?
            }
            Measure::Enable => 0,
        };
        transaction.commit().await?;
        Ok(ended)
    };
    db.retry(change).await.map(Some)
}
