//! Admin keys: credentials of programs for the admin API. An operator creates and revokes them on the command line.

use std::sync::Arc;

use entity::{AdminKeyId, Scope, Scopes, UnixMillis, admin_key::Model};

use super::store;
use crate::{
    audit::{Event, Record},
    db::{self, Unavailable},
    random,
    request_context::Actor,
    secret::AdminKey,
    state::AppState,
};

/// The maximum length of a name, in characters.
pub const MAX_KEY_NAME: usize = 100;

/// Why no key was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateKeyError {
    /// The name is empty, too long, or has control characters.
    #[error("the name must have 1 to {MAX_KEY_NAME} characters, and no control characters")]
    Name,
    /// There is no scope.
    #[error("a key needs a scope")]
    Scopes,
    /// The expiry is not in the future.
    #[error("the key would have expired already")]
    Expired,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Creates a key. Only this answer has it: the database stores its hash.
pub async fn create_admin_key(
    state: &Arc<AppState>,
    name: &str,
    scopes: Scopes,
    expires_at: UnixMillis,
) -> Result<(AdminKey, Model), CreateKeyError> {
    if name.trim().is_empty() || name.chars().count() > MAX_KEY_NAME || name.chars().any(char::is_control) {
        return Err(CreateKeyError::Name);
    }
    if scopes == Scopes::default() {
        return Err(CreateKeyError::Scopes);
    }
    let now = state.clock.now();
    if expires_at <= now {
        return Err(CreateKeyError::Expired);
    }
    let key = AdminKey::new(AdminKeyId(random::uuid_v7(now)));
    let row = Model {
        id: key.id,
        name: name.to_owned(),
        scopes,
        secret_hash: key.hash(),
        created_at: now,
        expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    let stored = state.write(db::Scope::Transaction, row.clone(), |tx, row| {
        Box::pin(async move {
            store::insert(tx, row.clone()).await?;
            tx.record(Record::from(Event::AdminKeyCreated).about(described(row)));
            Ok(())
        })
    });
    stored.await?;
    Ok((key, row))
}

/// A key as the audit trail names it. A long name is cut there, so it is last.
fn described(key: &Model) -> String {
    format!("{} {} {:?}", key.id.0, key.scopes, key.name)
}

/// All keys, oldest first, with the expired and the revoked ones.
pub async fn list_admin_keys(state: &AppState) -> Result<Vec<Model>, Unavailable> {
    store::all(state.db.connection()).await
}

/// Revokes a key; false if no unrevoked key has this id.
pub async fn revoke_admin_key(state: &Arc<AppState>, id: AdminKeyId) -> Result<bool, Unavailable> {
    let revoked = state.write(db::Scope::Transaction, (id, state.clock.now()), |tx, (id, now)| {
        Box::pin(async move {
            let is_revoked = store::revoke(tx, *id, *now).await?;
            if let Some(key) = store::find(tx.connection(), *id).await?.filter(|_| is_revoked) {
                tx.record(Record::from(Event::AdminKeyRevoked).about(described(&key)));
            }
            Ok(is_revoked)
        })
    });
    revoked.await
}

/// A valid key.
#[derive(Clone, Debug)]
pub struct VerifiedKey {
    /// Its id.
    pub id: AdminKeyId,
    /// What it may do.
    pub scopes: Scopes,
}

impl VerifiedKey {
    /// Whether it may do this.
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.has(scope)
    }
}

/// Why a key is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefusal {
    /// It is unknown, expired or revoked.
    #[error("the key is not valid")]
    Invalid,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Verifies the key of a request. It reads the database for each request, so that every node refuses a revoked key immediately.
pub async fn verify_admin_key(state: &Arc<AppState>, written: &str) -> Result<VerifiedKey, KeyRefusal> {
    let now = state.clock.now();
    let refused = |record: Record| {
        state.record(record);
        KeyRefusal::Invalid
    };
    let unknown = || refused(Event::AdminKeyRefused.because("unknown"));
    let key = AdminKey::parse(written).ok_or_else(unknown)?;
    let row = store::find(state.db.connection(), key.id).await?.filter(|row| key.matches(&row.secret_hash));
    let row = row.ok_or_else(unknown)?;
    // The secret was right: the trail names the key.
    let by_key = |event: Event| Record::from(event).by(Actor::key(row.id));
    if row.revoked_at.is_some() {
        return Err(refused(by_key(Event::AdminKeyRefused).because("revoked")));
    }
    if row.expires_at <= now {
        return Err(refused(by_key(Event::AdminKeyRefused).because("expired")));
    }
    if store::is_use_due(&row, now) {
        let noted = state.write(db::Scope::Transaction, (row.id, now), |tx, (id, now)| {
            Box::pin(async move {
                if store::note_use(tx, *id, *now).await? {
                    tx.record(Record::from(Event::AdminKeyUsed).by(Actor::key(*id)));
                }
                Ok(())
            })
        });
        noted.await?;
    }
    Ok(VerifiedKey { id: row.id, scopes: row.scopes })
}
