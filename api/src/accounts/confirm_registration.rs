//! Confirming an address: a sign-up that waits becomes a user.
//!
//! The reader of the mail chooses the password now. Another person may have signed up with the address: the password they gave was not
//! stored, and the link in their mail serves the owner of the address just as well.

use std::sync::Arc;

use entity::{one_time_token::Purpose, user};

use super::{
    new_user::{NewUser, check},
    register::RegisterError,
    store,
};
use crate::{
    audit::Event,
    authentication::choose_password,
    db::{Scope, Unavailable},
    one_time_tokens,
    requester::Requester,
    secret::{DeviceToken, Password},
    state::AppState,
};

/// What a user confirms an address with.
pub struct Confirmation {
    /// The token from the mail.
    pub token: String,
    /// The password.
    pub password: Password,
    /// The name, if the user gives one.
    pub name: Option<String>,
    /// Where the request came from.
    pub requester: Requester,
}

/// Why no user was created.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The token was used, has expired, or was never issued.
    #[error("the token is not valid")]
    Token,
    /// As for a sign-up without a confirmation.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

impl From<Unavailable> for ConfirmError {
    fn from(error: Unavailable) -> Self {
        Self::Register(error.into())
    }
}

/// Creates the user who has the address, with the device that the account trusts.
pub async fn confirm_registration(
    state: &Arc<AppState>,
    request: Confirmation,
) -> Result<(user::Model, DeviceToken), ConfirmError> {
    let Confirmation { token, password, name, requester } = request;
    let refused = |because, error| {
        state.record(Event::ConfirmationRefused.because(because));
        error
    };
    let now = state.clock.now();
    state.limits.take_network(requester.network(), now).await.map_err(RegisterError::from)?;
    let waiting = one_time_tokens::find(state, &[Purpose::ConfirmRegistration], &token).await?;
    let (waiting, address) = waiting.ok_or_else(|| refused("token", ConfirmError::Token))?;
    check(state, &password, &address, name.as_deref()).map_err(RegisterError::Invalid)?;
    let password = choose_password(state, password, address.canonical(), &requester).await.map_err(RegisterError::from)?;
    let mut new = NewUser::new((&waiting.email, &waiting.email_canonical), name, password, now);
    new.user.email_verified = true;
    let created = state.write_or_refuse(Scope::Transaction, (waiting.id, new.clone()), |tx, (waiting, new)| {
        Box::pin(async move {
            if !one_time_tokens::store::take(tx, *waiting).await? {
                return Ok(Err(ConfirmError::Token));
            }
            store::insert(tx, new.clone()).await?;
            tx.record(Event::Registered.of(new.user.id));
            Ok(Ok(()))
        })
    });
    match created.await {
        Ok(Ok(())) => {
            let device = state.limits.trust_device(&requester.devices, &new.user, now);
            Ok((new.user, device))
        }
        Ok(Err(error)) => Err(refused("token", error)),
        Err(error) if error.is_duplicate() => Err(refused("email_taken", RegisterError::EmailTaken.into())),
        Err(error) => Err(error.into()),
    }
}
