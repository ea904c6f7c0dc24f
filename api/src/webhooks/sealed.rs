//! The secrets of webhooks, as the database stores them.

use entity::{UnixMillis, WebhookId, webhook::Model};

use super::store;
use crate::{
    db::{Db, Unavailable},
    secret::{ServerSecrets, WebhookSecret},
};

/// What they are sealed for.
const PURPOSE: &str = "webhook";

/// Seals a secret.
pub(super) fn seal(secrets: &ServerSecrets, webhook: WebhookId, secret: &WebhookSecret) -> Vec<u8> {
    // 32 bytes are not too long for the algorithm.
    secrets.seal(PURPOSE, webhook.0.as_bytes(), secret.as_bytes()).unwrap_or_default()
}

fn unseal(secrets: &ServerSecrets, webhook: WebhookId, sealed: &[u8]) -> Option<WebhookSecret> {
    WebhookSecret::from_bytes(&secrets.unseal(PURPOSE, webhook.0.as_bytes(), sealed)?)
}

/// The secrets that sign a delivery now, the newest first; `None` if this node cannot open the newest.
pub(super) fn signing(secrets: &ServerSecrets, webhook: &Model, now: UnixMillis) -> Option<Vec<WebhookSecret>> {
    let newest = unseal(secrets, webhook.id, &webhook.secret)?;
    let is_current = webhook.former_until.is_some_and(|until| now < until);
    let former = webhook.former_secret.as_deref().filter(|_| is_current);
    Some([Some(newest), former.and_then(|sealed| unseal(secrets, webhook.id, sealed))].into_iter().flatten().collect())
}

/// Seals all secrets under the newest server secret. Returns of how many webhooks they were not, and how many cannot be opened.
pub async fn reseal_webhooks(db: &Db, secrets: &ServerSecrets) -> Result<(u64, u64), Unavailable> {
    let (mut resealed, mut unreadable) = (0, 0);
    for webhook in store::all(db.connection()).await? {
        let again = |sealed: &[u8]| unseal(secrets, webhook.id, sealed).map(|secret| seal(secrets, webhook.id, &secret));
        let is_old = |sealed: &[u8]| !secrets.is_sealed_by_newest(sealed);
        if !is_old(&webhook.secret) && !webhook.former_secret.as_deref().is_some_and(is_old) {
            continue;
        }
        // A former secret that cannot be opened signs nothing.
        let former = webhook.former_secret.as_deref().and_then(again);
        match again(&webhook.secret) {
            Some(secret) => resealed += u64::from(store::reseal(db.connection(), &webhook, secret, former).await?),
            None => unreadable += 1,
        }
    }
    Ok((resealed, unreadable))
}
