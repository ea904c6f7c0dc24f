//! Everything that is stored about a user, for the user.

use std::sync::Arc;

use entity::{AuditEventId, SessionId, audit_event, one_time_token, outgoing_mail, passkey, password, session, user};

use super::{
    passkeys::of_user,
    second_factor::{FactorsSummary, factors_of_user},
};
use crate::{
    audit::{self, Event, Record, store::Filter},
    authentication,
    db::{Scope, Unavailable},
    mail::{self, Letter},
    one_time_tokens,
    principal::Principal,
    sessions,
    state::AppState,
};

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The session ended.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// What is stored about a user, but for the sessions and the rows of the audit trail: those are read page by page.
#[derive(Debug)]
pub struct Export {
    /// The user.
    pub user: user::Model,
    /// The row of the password: an export shows when it was changed, and not the hash.
    pub password: Option<password::Model>,
    /// The second factors, without their secrets.
    pub factors: FactorsSummary,
    /// The passkeys.
    pub passkeys: Vec<passkey::Model>,
    /// The tokens of links in mails.
    pub tokens: Vec<one_time_token::Model>,
    /// Mails to the user that are not delivered.
    pub mails: Vec<outgoing_mail::Model>,
    state: Arc<AppState>,
}

/// So many sessions or rows are read at once.
const PAGE: u64 = 200;

/// Reads what is stored about a user.
pub async fn export(state: &Arc<AppState>, principal: &Principal) -> Result<Export, ExportError> {
    let db = state.db.connection();
    // From the database, not from the cache: a session that ended on another node exports nothing.
    let (session, user) = sessions::store::find_same(db, principal).await?.ok_or(ExportError::Ended)?;
    if !sessions::is_fresh(&Principal::new(&session, &user), state.clock.now(), &state.config.sessions) {
        return Err(ExportError::Ended);
    }
    read(state, user, Event::Exported.of(principal.user.id).in_session(principal.session.id)).await.map_err(Into::into)
}

/// The same for an operator.
pub async fn export_user(state: &Arc<AppState>, user: user::Model) -> Result<Export, Unavailable> {
    let exported = Event::UserExported.of(user.id);
    read(state, user, exported).await
}

async fn read(state: &Arc<AppState>, user: user::Model, exported: Record) -> Result<Export, Unavailable> {
    let db = state.db.connection();
    let password = authentication::store::find(db, user.id).await?;
    let factors = factors_of_user(state, user.id).await?;
    let passkeys = of_user(state, user.id).await?;
    let tokens = one_time_tokens::store::of_user(db, user.id).await?;
    let mut mails = mail::store::of(db, user.id).await?;
    // The mail to another address is left out: if another user has the address, there is none, and the export must look the same.
    mails.retain(|mail| mail.kind != Letter::CONFIRM_EMAIL || mail.recipient == user.email);
    // First the proof that it happened.
    let recorded = state.write(Scope::Transaction, exported, |tx, exported| {
        Box::pin(async move {
            tx.record(exported.clone());
            Ok(())
        })
    });
    recorded.await?;
    Ok(Export { user, password, factors, passkeys, tokens, mails, state: Arc::clone(state) })
}

impl Export {
    /// The next page of rows of the audit trail about the user, newest first; empty after the last.
    pub async fn events(&self, before: Option<AuditEventId>) -> Result<Vec<audit_event::Model>, Unavailable> {
        let filter = Filter { user: Some(self.user.id), ..Filter::default() };
        audit::store::read(self.state.db.connection(), &filter, before, PAGE).await
    }

    /// The next page of sessions, ended or not, oldest first; empty after the last.
    pub async fn sessions(&self, after: Option<SessionId>) -> Result<Vec<session::Model>, Unavailable> {
        sessions::store::page_of(self.state.db.connection(), self.user.id, after, PAGE).await
    }
}
