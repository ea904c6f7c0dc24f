//! The secret of an authenticator app as a row holds it: sealed for its user, so that a row that is copied to another user does not open.

use entity::{UserId, totp};

use super::store;
use crate::{
    db::{Db, Unavailable},
    secret::{ServerSecrets, TotpSecret},
};

const PURPOSE: &str = "totp";

/// So many rows are read at once.
const PAGE: u64 = 500;

/// `None` if no key can be derived, which the start has excluded.
pub fn seal(secrets: &ServerSecrets, user: UserId, secret: &TotpSecret) -> Option<Vec<u8>> {
    secrets.seal(PURPOSE, user.0.as_bytes(), secret.as_bytes())
}

/// The secret of a row; `None` if it is sealed under a server secret that this node does not have.
pub fn open(secrets: &ServerSecrets, row: &totp::Model) -> Option<TotpSecret> {
    let opened = secrets.unseal(PURPOSE, row.user_id.0.as_bytes(), &row.secret);
    if opened.is_none() {
        tracing::error!(user = %row.user_id.0, "the secret of an authenticator app is sealed under a server secret that is not given");
    }
    TotpSecret::from_bytes(&opened?)
}

/// Seals all secrets under the newest server secret. Returns how many were not, and how many cannot be opened.
pub async fn reseal(db: &Db, secrets: &ServerSecrets) -> Result<(u64, u64), Unavailable> {
    let (mut after, mut resealed, mut unreadable) = (None, 0, 0);
    loop {
        let page = store::page(db.connection(), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok((resealed, unreadable)) };
        after = Some(last.user_id);
        for row in page.iter().filter(|row| !secrets.is_sealed_by_newest(&row.secret)) {
            match open(secrets, row).and_then(|secret| seal(secrets, row.user_id, &secret)) {
                Some(secret) => resealed += u64::from(store::reseal(db.connection(), row, secret).await?),
                None => unreadable += 1,
            }
        }
    }
}
