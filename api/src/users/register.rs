//! Signing up.

use entity::{
    UserId,
    user::{self, Role, Status},
};

use super::{Violation, check_name, store};
use crate::{
    audit::Event,
    db::Unavailable,
    email_address::EmailAddress,
    hashing::HashingError,
    limits::LimitError,
    network::ClientNetwork,
    passwords::{BreachedError, PasswordRule},
    random,
    secret::Password,
    state::AppState,
};

/// What somebody signs up with.
pub struct Registration {
    /// Unique among all users, in its canonical form.
    pub address: EmailAddress,
    /// The password.
    pub password: Password,
    /// What to be called.
    pub name: Option<String>,
    /// Where the request came from.
    pub network: ClientNetwork,
}

/// Why nobody signed up.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Some values break rules; all of them are here.
    #[error("some values break rules")]
    Invalid(Vec<Violation>),
    /// Somebody has that address.
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

/// Makes a new user.
pub async fn register(state: &AppState, request: Registration) -> Result<user::Model, RegisterError> {
    check(state, &request)?;
    state.limits.take_network(request.network, state.clock.now()).await?;
    if state.passwords.is_breached(&request.password).await? {
        return Err(RegisterError::Invalid(vec![PasswordRule::Breached.into()]));
    }
    let address = request.address;
    // Asked before the password is hashed, because hashing costs; the unique index decides.
    if let Some(owner) = store::find_by_email(state.db.connection(), &address).await? {
        state.record(Event::RegistrationRefused.of(owner.id).because("email_taken"));
        return Err(RegisterError::EmailTaken);
    }
    let password_hash = state.hasher.admit(request.network)?.hash(request.password).await?;
    let now = state.clock.now();
    let user = user::Model {
        id: UserId(random::uuid_v7(now)),
        email: address.as_typed().to_owned(),
        email_canonical: address.canonical().to_owned(),
        name: request.name,
        role: Role::User,
        status: Status::Active,
        password_hash,
        version: 1,
        changed_at: now,
        created_at: now,
    };
    match store::insert(state.db.connection(), user.clone()).await {
        Err(error) if error.is_duplicate() => return Err(RegisterError::EmailTaken),
        stored => stored?,
    }
    state.record(Event::Registered.of(user.id));
    Ok(user)
}

fn check(state: &AppState, request: &Registration) -> Result<(), RegisterError> {
    let password = state.passwords.check(&request.password, request.address.canonical()).map_err(Violation::Password);
    let name = request.name.as_deref().map_or(Ok(()), check_name);
    match (password, name) {
        (Ok(()), Ok(())) => Ok(()),
        (password, name) => Err(RegisterError::Invalid(password.err().into_iter().chain(name.err()).collect())),
    }
}
