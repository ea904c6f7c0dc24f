//! Creating a user. The answer has a one-time token, with which the user chooses a password.

use std::sync::Arc;

use entity::{
    Roles, UnixMillis,
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
    authorization::Operator,
    config,
    db::{Scope, Unavailable},
    email_address::EmailAddress,
    one_time_tokens::{self, Issued},
    secret::OneTimeToken,
    state::{AppState, Tx},
};

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
}

/// A user who was created.
#[derive(Debug)]
pub struct CreatedUser {
    /// The user.
    pub user: user::Model,
    /// The token with which the user chooses a password.
    pub token: OneTimeToken,
    /// When the token expires.
    pub expires_at: UnixMillis,
}

/// Why no user was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Another user has the address.
    #[error("another user has the address")]
    EmailTaken,
    /// A value breaks its rule.
    #[error("{0}")]
    Invalid(Violation),
    /// The instruction itself was refused.
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

impl From<Unavailable> for CreateUserError {
    fn from(error: Unavailable) -> Self {
        if error.is_duplicate() { Self::EmailTaken } else { OperatorError::from(error).into() }
    }
}

/// Creates a user. The operator hands the token over, so using it does not verify the address.
pub async fn create_user(state: &Arc<AppState>, by: Operator, create: CreateUser) -> Result<CreatedUser, CreateUserError> {
    let now = state.clock.now();
    let user = checked(&by, create, now)?;
    let within = state.config.admin.invitation_lifetime;
    let Issued { token, row } = one_time_tokens::issue_to(&user, Purpose::HandedInvitation, now, within);
    let expires_at = row.expires_at;
    let created = state.write_or_refuse(Scope::Transaction, (by, user.clone(), row), |tx, (by, user, token)| {
        Box::pin(async move { refusable(store_new(tx, by, user, token).await) })
    });
    created.await??;
    Ok(CreatedUser { user, token, expires_at })
}

/// The row of a user to create, if its values keep their rules and the operator may create such a user.
pub(super) fn checked(by: &Operator, create: CreateUser, now: UnixMillis) -> Result<user::Model, CreateUserError> {
    let user = row_of(create, now).map_err(CreateUserError::Invalid)?;
    if user.roles.is_admin() && !by.rules_administrators() {
        return Err(OperatorError::KeyOnAdministrator.into());
    }
    Ok(user)
}

/// The row of a user with these values, if they keep their rules.
pub(in crate::accounts) fn row_of(create: CreateUser, now: UnixMillis) -> Result<user::Model, Violation> {
    let CreateUser { email, name, locale, roles } = create;
    check_name(name.as_deref())?;
    if locale.as_deref().is_some_and(|locale| config::locale(locale).is_err()) {
        return Err(Violation::Locale);
    }
    Ok(user::Model { locale, roles, ..row((email.as_typed(), email.canonical()), name, now) })
}

/// Stores a new user and the token with which they choose a password.
pub(super) async fn store_new(
    tx: &Tx,
    by: &Operator,
    user: &user::Model,
    token: &one_time_token::Model,
) -> Result<(), OperatorError> {
    if !by.is_still_allowed(tx).await? {
        return Err(OperatorError::NotAllowedAnyMore);
    }
    store::insert_user(tx, user.clone()).await?;
    one_time_tokens::store::insert(tx, token.clone()).await?;
    tx.record(Event::UserCreated.of(user.id));
    if user.roles != Roles::default() {
        tx.record(Event::RolesChanged.of(user.id).because(if user.roles.is_admin() { "admin_given" } else { "" }));
    }
    Ok(())
}
