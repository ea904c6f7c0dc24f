//! Confirming an address: a sign-up that waits becomes a user.
//!
//! The token alone is not enough. Somebody else may have signed up with this address and chosen the password; whoever opens the mail
//! by mistake would make them a user under it. So the password must be typed again, and only who chose it can.

use entity::{PasswordHash, UnixMillis, registration, user};

use super::{PresentError, present, register::new_user, store};
use crate::{
    audit::Event,
    client::Client,
    db::{Db, Unavailable},
    email_address::EmailAddress,
    hashing::Verdict,
    secret::{OneTimeToken, Password},
    state::AppState,
};

/// Why there is no user.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The token was used, has expired, or was never one.
    #[error("the token counts no more")]
    Token,
    /// The password is not the one that was chosen.
    #[error("wrong password")]
    WrongPassword,
    /// Somebody got the address meanwhile.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Nothing is known of the password.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Makes the user who signed up.
pub async fn confirm(state: &AppState, token: &str, password: Password, client: &Client) -> Result<user::Model, ConfirmError> {
    let refused = |because, error| {
        state.record(Event::ConfirmationRefused.because(because));
        error
    };
    let waiting = find(state, token).await?.ok_or_else(|| refused("token", ConfirmError::Token))?;
    let address = EmailAddress::parse(&waiting.email).ok();
    let mut presented = present(state, address.as_ref(), client).await?;
    let upgraded = match presented.verify(password, Some(waiting.password_hash.clone())).await? {
        Verdict::Wrong => return Err(refused("wrong_password", ConfirmError::WrongPassword)),
        Verdict::Right { upgraded } => upgraded,
    };
    let now = state.clock.now();
    let made = state.db.retry(|| turn_into_user(&state.db, &waiting, upgraded.clone(), now)).await;
    match made {
        Ok(Some(user)) => {
            state.record(Event::Registered.of(user.id));
            Ok(user)
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
    upgraded: Option<PasswordHash>,
    now: UnixMillis,
) -> Result<Option<user::Model>, Unavailable> {
    let transaction = db.begin().await?;
    if !store::take_registration(&transaction, waiting.id).await? {
        return Ok(None);
    }
    let password_hash = upgraded.unwrap_or_else(|| waiting.password_hash.clone());
    let user = new_user((&waiting.email, &waiting.email_canonical), waiting.name.clone(), password_hash, now);
    store::insert(&transaction, user.clone()).await?;
    transaction.commit().await?;
    Ok(Some(user))
}
