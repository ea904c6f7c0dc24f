//! Signing up.

use std::sync::Arc;

use entity::{UserId, one_time_token::Purpose, outgoing_mail, user};

use super::{
    new_user::{NewUser, Violation, check},
    store,
};
use crate::{
    audit::Event,
    authentication::{ChoosePasswordError, choose_password},
    config::RegistrationConfig,
    db::{Scope, Unavailable},
    email_address::EmailAddress,
    limits::LimitError,
    mail::{CONFIRMED_WITHIN, Letter},
    one_time_tokens::{self, Issued},
    requester::Requester,
    secret::{DeviceToken, Password},
    state::AppState,
};

/// What a user signs up with.
pub struct Registration {
    /// Unique among all users, in its canonical form.
    pub address: EmailAddress,
    /// The password.
    pub password: Password,
    /// The name, if the user gives one.
    pub name: Option<String>,
    /// Where the request came from.
    pub requester: Requester,
}

/// What became of a sign-up.
#[derive(Debug)]
pub enum Registered {
    /// A user, and the device that the account trusts.
    Now(Box<user::Model>, DeviceToken),
    /// A mail to the address. Only its reader learns whether the address has an account.
    OnceConfirmed,
}

/// Why a sign-up was refused.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Values break rules; all of them are here.
    #[error("values break rules")]
    Invalid(Vec<Violation>),
    /// Another user has that address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// The password was not accepted.
    #[error(transparent)]
    Password(#[from] ChoosePasswordError),
    /// Too many sign-ups.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Creates a user, or asks for the address to be confirmed first.
pub async fn register(state: &Arc<AppState>, request: Registration) -> Result<Registered, RegisterError> {
    check(state, &request.password, &request.address, request.name.as_deref()).map_err(RegisterError::Invalid)?;
    state.limits.take_network(request.requester.network(), state.clock.now()).await?;
    match &state.config.registration {
        RegistrationConfig::Open => at_once(state, request).await,
        RegistrationConfig::Verified => {
            once_confirmed(state, &request.address, &request.requester).await?;
            Ok(Registered::OnceConfirmed)
        }
    }
}

async fn at_once(
    state: &Arc<AppState>,
    Registration { address, password, name, requester }: Registration,
) -> Result<Registered, RegisterError> {
    // Asked before the password is hashed, because hashing is expensive. The unique index decides.
    if let Some(owner) = store::find_by_email(state.db.connection(), &address).await? {
        return Err(taken(state, Some(owner.id)));
    }
    let password = choose_password(state, password, address.canonical(), &requester).await?;
    let now = state.clock.now();
    let new = NewUser::new((address.as_typed(), address.canonical()), name, password, now);
    let stored = state.write(Scope::Transaction, new.clone(), |tx, new| {
        Box::pin(async move {
            store::insert(tx, new.clone()).await?;
            tx.record(Event::Registered.of(new.user.id));
            Ok(())
        })
    });
    match stored.await {
        Err(error) if error.is_duplicate() => return Err(taken(state, None)),
        stored => stored?,
    }
    let device = state.limits.trust_device(&requester.devices, &new.user, now);
    Ok(Registered::Now(Box::new(new.user), device))
}

/// The same happens whether or not the address is taken: a transaction and a mail. The password is not stored: the user chooses it when
/// they confirm.
async fn once_confirmed(state: &Arc<AppState>, address: &EmailAddress, requester: &Requester) -> Result<(), RegisterError> {
    let now = state.clock.now();
    // An attacker must not fill the mailbox of another person.
    if !state.limits.take_mail(&state.db, address, now).await? {
        state.record(Event::AttemptLimited.because("mail"));
        return Ok(());
    }
    let Issued { token, row } = one_time_tokens::issue(Purpose::ConfirmRegistration, address, now, CONFIRMED_WITHIN);
    let locale = state.outbox.locale(None, requester.accept_language.as_deref());
    let letter = Letter::confirm_registration(state.config.pages.confirm_email.as_ref(), &token);
    let mail = state.outbox.seal(&letter, address.as_typed(), locale, now);
    let exists = state.outbox.seal(&Letter::AccountExists, "", locale, now);
    let stored = state.write(Scope::Transaction, (address.clone(), row, mail, exists), |tx, (address, row, mail, exists)| {
        Box::pin(async move {
            let owner = store::find_by_email(tx.connection(), address).await?;
            match owner {
                None => {
                    one_time_tokens::store::insert(tx, row.clone()).await?;
                    tx.mail(mail.clone()).await?;
                    tx.record(Event::RegistrationBegun);
                }
                Some(owner) => {
                    let locale = owner.locale.unwrap_or_else(|| exists.locale.clone());
                    let (user_id, recipient) = (Some(owner.id), owner.email);
                    tx.mail(outgoing_mail::Model { user_id, recipient, locale, ..exists.clone() }).await?;
                    tx.record(Event::RegistrationRefused.of(owner.id).because("email_taken"));
                }
            }
            Ok(())
        })
    });
    Ok(stored.await?)
}

fn taken(state: &AppState, owner: Option<UserId>) -> RegisterError {
    let record = Event::RegistrationRefused.because("email_taken");
    state.record(match owner {
        Some(owner) => record.of(owner),
        None => record,
    });
    RegisterError::EmailTaken
}
