//! Which mails were not delivered, and what an operator does about them.

use std::sync::Arc;

use entity::{MailId, UnixMillis, outgoing_mail::Model};

use crate::{
    accounts,
    audit::{Event, Record},
    authorization::Operator,
    db::{Scope, Unavailable},
    mail::store::{self, MailFilter},
    state::{AppState, Tx},
};

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// There is no such mail, or none that was given up.
    #[error("there is no such mail")]
    NotFound,
    /// The mail is for an administrator, and the operator is an admin key.
    #[error("an admin key acts on no administrator")]
    KeyOnAdministrator,
    /// The operator's session ended, the operator lost the role, or the key was revoked.
    #[error("the operator may not do this any more")]
    NotAllowedAnyMore,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// The mails in the outbox that fit, oldest first: at most `limit` of those after `after`.
pub async fn list_mail(state: &AppState, filter: MailFilter, after: Option<MailId>, limit: u64) -> Result<Vec<Model>, Unavailable> {
    store::list(state.db.connection(), filter, after, limit).await
}

/// Has a mail that was given up delivered again, or all of them, and returns how many.
pub async fn retry_mail(state: &Arc<AppState>, by: Operator, id: Option<MailId>) -> Result<u64, MailError> {
    let retried = state.write_or_refuse(Scope::Transaction, (by, id, state.clock.now()), |tx, (by, id, now)| {
        Box::pin(async move { refusable(retry(tx, by, *id, *now).await) })
    });
    let count = retried.await??;
    state.outbox.notify();
    Ok(count)
}

async fn retry(tx: &Tx, by: &Operator, id: Option<MailId>, now: UnixMillis) -> Result<u64, MailError> {
    let mail = begin(tx, by, id).await?;
    let count = store::revive(tx.connection(), id, now).await?;
    note(tx, Event::MailRetried, mail.as_ref(), count)
}

/// Removes a mail, or all that were given up, and returns how many.
pub async fn discard_mail(state: &Arc<AppState>, by: Operator, id: Option<MailId>) -> Result<u64, MailError> {
    let discarded = state.write_or_refuse(Scope::Transaction, (by, id), |tx, (by, id)| {
        Box::pin(async move { refusable(discard(tx, by, *id).await) })
    });
    discarded.await?
}

async fn discard(tx: &Tx, by: &Operator, id: Option<MailId>) -> Result<u64, MailError> {
    let mail = begin(tx, by, id).await?;
    let count = match id {
        Some(id) => store::remove(tx.connection(), id).await?.into(),
        None => store::remove_dead(tx.connection()).await?,
    };
    note(tx, Event::MailDiscarded, mail.as_ref(), count)
}

/// Begins the transaction: checks the instruction, and finds the mail. A mail to an administrator may warn of what the key does.
async fn begin(tx: &Tx, by: &Operator, id: Option<MailId>) -> Result<Option<Model>, MailError> {
    let mail = match id {
        Some(id) => Some(store::find(tx.connection(), id).await?.ok_or(MailError::NotFound)?),
        None => None,
    };
    if let Some(user) = mail.as_ref().and_then(|mail| mail.user_id).filter(|_| !by.rules_administrators()) {
        let user = accounts::store::find(tx.connection(), user).await?;
        if user.is_some_and(|user| user.roles.is_admin()) {
            return Err(MailError::KeyOnAdministrator);
        }
    }
    if by.is_still_allowed(tx).await? { Ok(mail) } else { Err(MailError::NotAllowedAnyMore) }
}

fn note(tx: &Tx, event: Event, mail: Option<&Model>, count: u64) -> Result<u64, MailError> {
    match mail {
        Some(_) if count == 0 => return Err(MailError::NotFound),
        Some(mail) => {
            let record = Record::from(event).about(format!("{} {}", mail.id.0, mail.kind));
            tx.record(match mail.user_id {
                Some(user) => record.of(user),
                None => record,
            });
        }
        None if count > 0 => tx.record(event),
        None => {}
    }
    Ok(count)
}

/// Separates a refusal from a database that does not answer, as [`AppState::write_or_refuse`] needs it.
fn refusable<T>(done: Result<T, MailError>) -> Result<Result<T, MailError>, Unavailable> {
    match done {
        Err(MailError::Store(error)) => Err(error),
        done => Ok(done),
    }
}
