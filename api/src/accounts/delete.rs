//! Deleting a user: at once, or after `accounts.deletion_grace`.

use std::{sync::Arc, time::Duration};

use entity::{UnixMillis, session::EndedBecause};

use super::{operator::keep_another_administrator, store};
use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    mail::{Circumstances, Letter},
    one_time_tokens::{Notice, Occasion},
    principal::Principal,
    requester::Requester,
    sessions,
    state::AppState,
};

/// Why the user was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The session ended, or another request renewed it.
    #[error("the session has ended")]
    Ended,
    /// There would be no administrator any more who can sign in.
    #[error("the user is the last administrator who can sign in")]
    LastAdministrator,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Deletes the user with all personal data and all their sessions. With a grace, the sessions end now, and a sign-in before the deletion
/// keeps the account.
pub async fn delete(state: &Arc<AppState>, principal: &Principal, requester: &Requester) -> Result<(), DeleteError> {
    let now = state.clock.now();
    let grace = state.config.accounts.deletion_grace;
    if !grace.is_zero() {
        return schedule(state, principal, requester, grace, now).await;
    }
    let locale = state.outbox.locale(principal.user.locale.as_deref(), None);
    let letter = Letter::AccountDeleted(Circumstances::new(now, requester));
    let mail = state.outbox.seal(&letter, &principal.user.email, locale, now);
    let deleted = state.write_or_refuse(Scope::Transaction, (principal.clone(), mail), |tx, (principal, mail)| {
        Box::pin(async move {
            let (user, session) = (principal.user.id, principal.session.id);
            if keep_another_administrator(tx, user).await?.is_err() {
                return Ok(Err(DeleteError::LastAdministrator));
            }
            // First the user: a concurrent sign-in commits before, and its session ends too.
            let is_present = sessions::store::note_user_change(tx, user).await?;
            if !is_present || !sessions::store::is_still_fresh(tx, principal).await? || !store::delete(tx, user).await? {
                return Ok(Err(DeleteError::Ended));
            }
            tx.mail(mail.clone()).await?;
            sessions::store::delete_all(tx, user).await?;
            tx.record(Event::UserDeleted.of(user).in_session(session));
            Ok(Ok(()))
        })
    });
    deleted.await?
}

/// The sessions end now, and the account stays until the grace is over.
async fn schedule(
    state: &Arc<AppState>,
    principal: &Principal,
    requester: &Requester,
    grace: Duration,
    now: UnixMillis,
) -> Result<(), DeleteError> {
    let user = store::find(state.db.connection(), principal.user.id).await?.ok_or(DeleteError::Ended)?;
    let notice = Notice::new(state, &user, Occasion::DeletionScheduled(grace), requester, now);
    let input = (principal.clone(), notice, now, now.plus(grace));
    let scheduled = state.write_or_refuse(Scope::Transaction, input, |tx, (principal, notice, now, at)| {
        Box::pin(async move {
            let (user, session) = (principal.user.id, principal.session.id);
            if keep_another_administrator(tx, user).await?.is_err() {
                return Ok(Err(DeleteError::LastAdministrator));
            }
            let is_present = store::schedule_deletion(tx, user, Some(*at)).await?;
            if !is_present || !sessions::store::is_still_fresh(tx, principal).await? {
                return Ok(Err(DeleteError::Ended));
            }
            notice.store(tx).await?;
            sessions::store::end_all(tx, user, EndedBecause::SignedOut, *now).await?;
            tx.record(Event::DeletionScheduled.of(user).in_session(session));
            Ok(Ok(()))
        })
    });
    scheduled.await?
}

/// So many users are deleted in one go.
const AT_ONCE: u64 = 100;

/// Deletes the users whose grace is over.
pub(crate) async fn delete_due(state: &Arc<AppState>, now: UnixMillis) -> Result<u64, Unavailable> {
    let mut deleted = 0;
    loop {
        let due = store::due_for_deletion(state.db.connection(), now, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(deleted);
        }
        for user in due {
            let mail = state.outbox.seal_for(&user, &Letter::AccountDeleted(Circumstances::at(now)), now);
            let done = state.write_or_refuse(Scope::Transaction, (user.id, mail, now), |tx, (user, mail, now)| {
                Box::pin(async move {
                    // The user may have signed in since.
                    if !store::delete_due(tx, *user, *now).await? {
                        return Ok(Err(()));
                    }
                    tx.mail(mail.clone()).await?;
                    sessions::store::delete_all(tx, *user).await?;
                    tx.record(Event::UserDeleted.of(*user).because("grace_over"));
                    Ok(Ok(()))
                })
            });
            deleted += u64::from(done.await?.is_ok());
        }
    }
}
