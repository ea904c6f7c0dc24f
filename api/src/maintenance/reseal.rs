//! What is sealed under the server secrets, for an operator who replaces one.

use std::sync::Arc;

use crate::{
    audit::Event,
    authentication::reseal_second_factors,
    db::{Scope, Unavailable},
    signing_keys::SigningKeysError,
    state::AppState,
    webhooks::reseal_webhooks,
};

/// How much was sealed under another secret than the newest, and how much cannot be opened.
#[derive(Clone, Copy, Debug)]
pub struct Resealed {
    /// Signing keys.
    pub keys: u64,
    /// Secrets of authenticator apps.
    pub factors: u64,
    /// Mails that wait.
    pub mails: u64,
    /// Webhooks.
    pub webhooks: u64,
    /// Secrets of authenticator apps that no secret opens.
    pub lost_factors: u64,
    /// Mails that no secret opens.
    pub lost_mails: u64,
    /// Webhooks whose secret no server secret opens.
    pub lost_webhooks: u64,
}

/// Why not all was sealed again.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// A signing key cannot be opened.
    #[error(transparent)]
    Keys(#[from] SigningKeysError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Seals everything under the newest secret, so that the older ones can be removed.
pub async fn reseal(state: &Arc<AppState>) -> Result<Resealed, ResealError> {
    let keys = state.keyring().reseal().await?;
    let (factors, lost_factors) = reseal_second_factors(&state.db, &state.secrets).await?;
    let (mails, lost_mails) = state.outbox.reseal(&state.db).await?;
    let (webhooks, lost_webhooks) = reseal_webhooks(&state.db, &state.secrets).await?;
    let recorded = state.write(Scope::Transaction, (), |tx, ()| {
        Box::pin(async move {
            tx.record(Event::SecretsResealed);
            Ok(())
        })
    });
    recorded.await?;
    Ok(Resealed { keys, factors, mails, webhooks, lost_factors, lost_mails, lost_webhooks })
}
