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
    secret::{OneTimeToken, Password},
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
    /// A user.
    Now(Box<user::Model>),
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
    check(state, &request)?;
    state.limits.take_network(request.client.network(), state.clock.now()).await?;
    if state.passwords.is_breached(&request.password).await? {
        return Err(RegisterError::Invalid(vec![PasswordRule::Breached.into()]));
    }
    match &state.config.registration {
        RegistrationConfig::Open => Ok(Registered::Now(Box::new(at_once(state, request).await?))),
        RegistrationConfig::Verified { page } => {
            once_confirmed(state, request, page).await?;
            Ok(Registered::OnceConfirmed)
        }
    }
}

async fn at_once(state: &AppState, request: Registration) -> Result<user::Model, RegisterError> {
    // Asked before the password is hashed, because hashing costs; the unique index decides.
    if let Some(owner) = store::find_by_email(state.db.connection(), &request.address).await? {
        return Err(taken(state, owner.id));
    }
    let password_hash = state.hasher.admit(request.client.network())?.hash(request.password).await?;
    let address = (request.address.as_typed(), request.address.canonical());
    let user = new_user(address, request.name, password_hash, state.clock.now());
    match store::insert(state.db.connection(), user.clone()).await {
        Err(error) if error.is_duplicate() => return Err(RegisterError::EmailTaken),
        stored => stored?,
    }
    state.record(Event::Registered.of(user.id));
    Ok(user)
}

/// Whether the address is taken or not, the same happens: a hash, a transaction, a mail.
async fn once_confirmed(state: &AppState, request: Registration, page: &Url) -> Result<(), RegisterError> {
    let password_hash = state.hasher.admit(request.client.network())?.hash(request.password).await?;
    let now = state.clock.now();
    let token = OneTimeToken::new(RegistrationId(random::uuid_v7(now)));
    let waiting = registration::Model {
        id: token.registration,
        secret_hash: token.hash(),
        email: request.address.as_typed().to_owned(),
        email_canonical: request.address.canonical().to_owned(),
        name: request.name,
        password_hash,
        expires_at: now.plus(mail::CONFIRMED_WITHIN),
    };
    // Nobody fills a stranger's mailbox from here.
    if !state.limits.take_mail(&state.db, &request.address, now).await? {
        state.record(Event::AttemptLimited.because("mail"));
        return Ok(());
    }
    let letter = mail::confirm_registration(&request.address, page, &token, now);
    let owner = state.db.retry(|| wait(&state.db, &request.address, &waiting, &letter, now)).await?;
    state.outbox.notify();
    match owner {
        None => state.record(Event::RegistrationBegun),
        Some(owner) => drop(taken(state, owner)),
    }
    Ok(())
}

/// Stores what waits, and the mail to go with it. If somebody has the address they are told so instead; returns who.
async fn wait(
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

fn taken(state: &AppState, owner: UserId) -> RegisterError {
    state.record(Event::RegistrationRefused.of(owner).because("email_taken"));
    RegisterError::EmailTaken
}

fn check(state: &AppState, request: &Registration) -> Result<(), RegisterError> {
    let password = state.passwords.check(&request.password, request.address.canonical()).map_err(Violation::Password);
    let name = request.name.as_deref().map_or(Ok(()), check_name);
    match (password, name) {
        (Ok(()), Ok(())) => Ok(()),
        (password, name) => Err(RegisterError::Invalid(password.err().into_iter().chain(name.err()).collect())),
    }
}
