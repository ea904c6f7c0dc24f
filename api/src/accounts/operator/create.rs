//! Creating a user. Without a password the user gets a one-time token to choose one with.

use std::{sync::Arc, time::Duration};

use entity::{
    PasswordHash, Roles, UnixMillis,
    one_time_token::{self, Purpose},
    user,
};

use super::instruction::{OperatorError, refusable};
use crate::{
    accounts::{
        new_user::{Violation, check_name, row},
        store,
    },
    audit::Event,
    authentication::{self, ChoosePasswordError, choose_password},
    authorization::Operator,
    config,
    db::{Scope, Unavailable},
    email_address::EmailAddress,
    one_time_tokens::{self, Issued},
    requester::Requester,
    secret::{OneTimeToken, Password},
    state::{AppState, Tx},
};

/// The time in which a new user must choose a password.
pub const INVITED_WITHIN: Duration = Duration::from_secs(72 * 3600);

/// A user who does not exist yet.
#[derive(Clone, Debug)]
pub struct CreateUser {
    /// The address.
    pub email: EmailAddress,
    /// The name to show.
    pub name: Option<String>,
    /// The language of mails: a BCP 47 tag.
    pub locale: Option<String>,
    /// All roles.
    pub roles: Roles,
    /// Without one, the user gets a token.
    pub password: Option<Password>,
}

/// A user who was created.
#[derive(Debug)]
pub struct CreatedUser {
    /// The user.
    pub user: user::Model,
    /// For a user without a password: what they choose one with, and when it expires.
    pub token: Option<(OneTimeToken, UnixMillis)>,
}

/// Why no user was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Another user has the address.
    #[error("another user has the address")]
    EmailTaken,
    /// A value breaks its rule.
    #[error("a value breaks a rule")]
    Invalid(Violation),
    /// The password was not accepted.
    #[error(transparent)]
    Choose(#[from] ChoosePasswordError),
    /// As for every instruction.
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

impl From<Unavailable> for CreateUserError {
    fn from(error: Unavailable) -> Self {
        if error.is_duplicate() { Self::EmailTaken } else { OperatorError::from(error).into() }
    }
}

/// What is stored, all or nothing.
struct New {
    user: user::Model,
    password: Option<PasswordHash>,
    token: Option<one_time_token::Model>,
}

/// Creates a user. The address is not verified: using the token shows that the user got it, and so it does afterwards.
pub async fn create_user(state: &Arc<AppState>, by: Operator, create: CreateUser) -> Result<CreatedUser, CreateUserError> {
    let CreateUser { email, name, locale, roles, password } = create;
    check_name(name.as_deref()).map_err(CreateUserError::Invalid)?;
    if locale.as_deref().is_some_and(|locale| config::locale(locale).is_err()) {
        return Err(CreateUserError::Invalid(Violation::Locale));
    }
    if roles.is_admin() && !by.rules_administrators() {
        return Err(OperatorError::KeyOnAdministrator.into());
    }
    let password = match password {
        Some(password) => Some(choose_password(state, password, email.canonical(), &Requester::default()).await?),
        None => None,
    };
    let now = state.clock.now();
    let user = user::Model { locale, roles, ..row((email.as_typed(), email.canonical()), name, now) };
    let issued = password.is_none().then(|| one_time_tokens::issue_to(&user, Purpose::ResetPassword, now, INVITED_WITHIN));
    let (token, row) = issued.map(|Issued { token, row }| ((token, row.expires_at), row)).unzip();
    let new = New { user: user.clone(), password, token: row };
    let created = state.write_or_refuse(Scope::Transaction, (by, new), |tx, (by, new)| {
        Box::pin(async move { refusable(perform(tx, by, new).await) })
    });
    created.await??;
    Ok(CreatedUser { user, token })
}

async fn perform(tx: &Tx, by: &Operator, New { user, password, token }: &New) -> Result<(), OperatorError> {
    if !by.is_still_allowed(tx).await? {
        return Err(OperatorError::NotAllowedAnyMore);
    }
    store::insert_user(tx, user.clone()).await?;
    if let Some(hash) = password {
        authentication::store::insert(tx, user.id, hash.clone(), user.created_at).await?;
    }
    if let Some(token) = token {
        one_time_tokens::store::insert(tx, token.clone()).await?;
    }
    tx.record(Event::UserCreated.of(user.id));
    Ok(())
}
