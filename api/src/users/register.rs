//! Signing up.

use entity::{
    PasswordHash, RegistrationId, UnixMillis, UserId, registration,
    user::{self, Role, Status},
};
use url::Url;

use super::{Violation, check_name, store};
use crate::{
    audit::Event,
    client::Client,
    config::RegistrationConfig,
    db::{Db, Unavailable},
    email_address::EmailAddress,
    hashing::HashingError,
    limits::LimitError,
    mail,
    passwords::{BreachedError, PasswordRule},
    random,
    secret::{DeviceToken, OneTimeToken, Password},
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
    pub client: Client,
}

/// What becomes of it.
#[derive(Debug)]
pub enum Registered {
    /// A user, and the device that they have signed up with.
    Now(Box<user::Model>, DeviceToken),
    /// A mail to the address's owner, who may be a user already. That is for them to know.
    OnceConfirmed,
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

/// Makes a new user, or asks for the address to be confirmed first.
pub async fn register(state: &AppState, request: Registration) -> Result<Registered, RegisterError> {
    check(state, &request.password, &request.address, request.name.as_deref()).map_err(RegisterError::Invalid)?;
    state.limits.take_network(request.client.network(), state.clock.now()).await?;
    match &state.config.registration {
        RegistrationConfig::Open => at_once(state, request).await,
        RegistrationConfig::Verified { page } => {
            once_confirmed(state, &request.address, page).await?;
            Ok(Registered::OnceConfirmed)
        }
    }
}

async fn at_once(
    state: &AppState,
    Registration { address, password, name, client }: Registration,
) -> Result<Registered, RegisterError> {
    // Asked before the password is hashed, because hashing costs; the unique index decides.
    if let Some(owner) = store::find_by_email(state.db.connection(), &address).await? {
        return Err(taken(state, Some(owner.id)));
    }
    if state.passwords.is_breached(&password).await? {
        return Err(RegisterError::Invalid(vec![PasswordRule::Breached.into()]));
    }
    let password_hash = state.hasher.admit(client.network())?.hash(password).await?;
    let now = state.clock.now();
    let user = new_user((address.as_typed(), address.canonical()), name, password_hash, now);
    match store::insert(state.db.connection(), user.clone()).await {
        Err(error) if error.is_duplicate() => return Err(taken(state, None)),
        stored => stored?,
    }
    state.record(Event::Registered.of(user.id));
    let device = state.limits.trust_device(client.device.as_ref(), &user.email_canonical, now);
    Ok(Registered::Now(Box::new(user), device))
}

/// Whether the address is taken or not, the same happens: a transaction, a mail. The password counts for nothing: whoever confirms
/// chooses it.
async fn once_confirmed(state: &AppState, address: &EmailAddress, page: &Url) -> Result<(), RegisterError> {
    let now = state.clock.now();
    // Nobody fills a stranger's mailbox from here.
    if !state.limits.take_mail(&state.db, address, now).await? {
        state.record(Event::AttemptLimited.because("mail"));
        return Ok(());
    }
    let token = OneTimeToken::new(RegistrationId(random::uuid_v7(now)));
    let waiting = registration::Model {
        id: token.registration,
        secret_hash: token.hash(),
        email: address.as_typed().to_owned(),
        email_canonical: address.canonical().to_owned(),
        expires_at: now.plus(mail::CONFIRMED_WITHIN),
    };
    let letter = mail::confirm_registration(address, page, &token, now);
    let owner = state.db.retry(|| store_registration(&state.db, address, &waiting, &letter, now)).await?;
    state.outbox.notify();
    match owner {
        None => state.record(Event::RegistrationBegun),
        Some(owner) => drop(taken(state, Some(owner))),
    }
    Ok(())
}

/// Stores what waits, and the mail to go with it. If somebody has the address they are told so instead; returns who.
async fn store_registration(
    db: &Db,
    address: &EmailAddress,
    waiting: &registration::Model,
    letter: &entity::mail::Model,
    now: UnixMillis,
) -> Result<Option<UserId>, Unavailable> {
    let transaction = db.begin().await?;
    let owner = store::find_by_email(&transaction, address).await?;
    match &owner {
        None => {
            store::insert_registration(&transaction, waiting.clone()).await?;
            mail::store::insert(&transaction, letter.clone()).await?;
        }
        Some(owner) => mail::store::insert(&transaction, mail::already_registered(owner, now)).await?,
    }
    transaction.commit().await?;
    Ok(owner.map(|owner| owner.id))
}

/// A user as they begin.
pub(super) fn new_user(
    (typed, canonical): (&str, &str),
    name: Option<String>,
    password_hash: PasswordHash,
    now: UnixMillis,
) -> user::Model {
    user::Model {
        id: UserId(random::uuid_v7(now)),
        email: typed.to_owned(),
        email_canonical: canonical.to_owned(),
        name,
        role: Role::User,
        status: Status::Active,
        password_hash,
        version: 1,
        changed_at: now,
        created_at: now,
    }
}

fn taken(state: &AppState, owner: Option<UserId>) -> RegisterError {
    let record = Event::RegistrationRefused.because("email_taken");
    state.record(owner.map_or(record.clone(), |owner| record.of(owner)));
    RegisterError::EmailTaken
}

/// The rules that what somebody chooses for themselves breaks: all of them.
pub(super) fn check(
    state: &AppState,
    password: &Password,
    address: &EmailAddress,
    name: Option<&str>,
) -> Result<(), Vec<Violation>> {
    let password = state.passwords.check(password, address.canonical()).map_err(Violation::Password);
    match (password, name.map_or(Ok(()), check_name)) {
        (Ok(()), Ok(())) => Ok(()),
        (password, name) => Err(password.err().into_iter().chain(name.err()).collect()),
    }
}
