//! Confirming an address: a sign-up that waits becomes a user.
//!
//! The password is chosen now, by whoever reads the mail. Somebody else may have signed up with the address: what they chose counts for
//! nothing, and their link serves its owner as well as their own.

use entity::{PasswordHash, UnixMillis, registration, user};

use super::{
    Violation,
    register::{check, new_user},
    store,
};
use crate::{
    audit::Event,
    client::Client,
    db::{Db, Unavailable},
    email_address::EmailAddress,
    hashing::HashingError,
    limits::LimitError,
    passwords::{BreachedError, PasswordRule},
    secret::{DeviceToken, OneTimeToken, Password},
    state::AppState,
};

/// What somebody confirms an address with.
pub struct Confirmation {
    /// From the mail.
    pub token: String,
    /// The password to have.
    pub password: Password,
    /// What to be called.
    pub name: Option<String>,
    /// Where the request came from.
    pub client: Client,
}

/// Why there is no user.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The token was used, has expired, or was never one.
    #[error("the token counts no more")]
    Token,
    /// Some values break rules; all of them are here.
    #[error("some values break rules")]
    Invalid(Vec<Violation>),
    /// Somebody got the address meanwhile.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Nobody can tell whether the password is known from a breach.
    #[error(transparent)]
    Breached(#[from] BreachedError),
    /// Too many sign-ups.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// No worker for the password.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Makes the user whose address it is, and tells the device that they did it with.
pub async fn confirm(state: &AppState, request: Confirmation) -> Result<(user::Model, DeviceToken), ConfirmError> {
    let Confirmation { token, password, name, client } = request;
    let refused = |because, error| {
        state.record(Event::ConfirmationRefused.because(because));
        error
    };
    let now = state.clock.now();
    state.limits.take_network(client.network(), now).await?;
    let waiting = find(state, &token).await?;
    // It was one when it was stored.
    let address = waiting.as_ref().and_then(|waiting| EmailAddress::parse(&waiting.email).ok());
    let (waiting, address) = waiting.zip(address).ok_or_else(|| refused("token", ConfirmError::Token))?;
    check(state, &password, &address, name.as_deref()).map_err(ConfirmError::Invalid)?;
    if state.passwords.is_breached(&password).await? {
        return Err(ConfirmError::Invalid(vec![PasswordRule::Breached.into()]));
    }
    let password_hash = state.hasher.admit(client.network())?.hash(password).await?;
    let made = state.db.retry(|| turn_into_user(&state.db, &waiting, name.clone(), password_hash.clone(), now)).await;
    match made {
        Ok(Some(user)) => {
            state.record(Event::Registered.of(user.id));
            Ok((user, state.limits.trust_device(client.device.as_ref(), address.canonical(), now)))
        }
        Ok(None) => Err(refused("token", ConfirmError::Token)),
        Err(error) if error.is_duplicate() => Err(refused("email_taken", ConfirmError::EmailTaken)),
        Err(error) => Err(error.into()),
    }
}

async fn find(state: &AppState, token: &str) -> Result<Option<registration::Model>, Unavailable> {
    let Some(token) = OneTimeToken::parse(token) else { return Ok(None) };
    let found = store::find_registration(state.db.connection(), token.registration).await?;
    Ok(found.filter(|waiting| token.matches(&waiting.secret_hash) && state.clock.now() < waiting.expires_at))
}

/// Both or neither; `None` if somebody else was faster.
async fn turn_into_user(
    db: &Db,
    waiting: &registration::Model,
    name: Option<String>,
    password_hash: PasswordHash,
    now: UnixMillis,
) -> Result<Option<user::Model>, Unavailable> {
    let transaction = db.begin().await?;
    if !store::take_registration(&transaction, waiting.id).await? {
        return Ok(None);
    }
    let user = new_user((&waiting.email, &waiting.email_canonical), name, password_hash, now);
    store::insert(&transaction, user.clone()).await?;
    transaction.commit().await?;
    Ok(Some(user))
}
