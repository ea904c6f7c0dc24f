//! Changing the profile, the metadata and the roles of a user.

use std::sync::Arc;

use entity::{Roles, user};
use serde_json::{Map, Value};

use super::{
    instruction::{Administrator, Instruction, OperatorError, refusable},
    store::{self, Columns},
};
use crate::{
    accounts::{
        self,
        new_user::{Violation, check_name},
        profile_change::Field,
        store::has_signed_up,
        update_profile::merged,
    },
    audit::Event,
    config,
    db::Scope,
    one_time_tokens,
    state::{AppState, Tx},
};

/// What to change.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// The name to show.
    pub name: Field<String>,
    /// The language of mails: a BCP 47 tag.
    pub locale: Field<String>,
    /// A merge patch (RFC 7396) of the metadata that operators store.
    pub app_metadata: Field<Map<String, Value>>,
    /// All roles.
    pub roles: Option<Roles>,
    /// Whether the operator knows who signed up with the address, although it is not verified. Only then such a user is given a role.
    pub knows_user: bool,
}

/// Changes the fields that are given, and returns the changed user.
pub async fn update_user(
    state: &Arc<AppState>,
    instruction: Instruction,
    change: UserChange,
) -> Result<user::Model, OperatorError> {
    check_name(change.name.value().map(String::as_str)).map_err(OperatorError::Invalid)?;
    if change.locale.value().is_some_and(|locale| config::locale(locale).is_err()) {
        return Err(OperatorError::Invalid(Violation::Locale));
    }
    let updated = state.write_or_refuse(Scope::Transaction, (instruction, change), |tx, (instruction, change)| {
        Box::pin(async move { refusable(perform(tx, instruction, change).await) })
    });
    updated.await?
}

async fn perform(tx: &Tx, instruction: &Instruction, change: &UserChange) -> Result<user::Model, OperatorError> {
    let is_admin_afterwards = change.roles.as_ref().map(Roles::is_admin);
    let leaves = is_admin_afterwards == Some(false);
    let user = instruction.begin(tx, if leaves { Administrator::Leaves } else { Administrator::Stays }).await?;
    if is_admin_afterwards == Some(true) && !instruction.by.rules_administrators() {
        return Err(OperatorError::KeyOnAdministrator);
    }
    let app_metadata = match &change.app_metadata {
        Field::Keep => Field::Keep,
        patch => match merged(user.app_metadata.as_deref(), patch.value()).map_err(OperatorError::Invalid)? {
            Some(metadata) => Field::Set(metadata),
            None => Field::Remove,
        },
    };
    let roles = change.roles.clone().filter(|roles| *roles != user.roles);
    let gains = roles.as_ref().is_some_and(|roles| roles.names().any(|name| !user.roles.names().any(|had| had == name)));
    // Without a password and a passkey, only an operator's token or the mailbox opens the account.
    if gains && !change.knows_user && !user.email_verified && has_signed_up(tx, user.id).await? {
        return Err(OperatorError::Unverified);
    }
    let alters = |field: &Field<String>, former: &Option<String>| !field.is_kept() && field.value() != former.as_ref();
    let changes_profile =
        alters(&change.name, &user.name) || alters(&change.locale, &user.locale) || alters(&app_metadata, &user.app_metadata);
    if let Some(roles) = &roles {
        let because = match (user.roles.is_admin(), roles.is_admin()) {
            (false, true) => "admin_given",
            (true, false) => "admin_taken",
            _ => "",
        };
        tx.record(Event::RolesChanged.of(user.id).because(because));
        if because == "admin_given" {
            // A program that created the user has the token that was to be handed over, and would become an administrator with it.
            one_time_tokens::store::void_but_invitation(tx, user.id).await?;
        }
    }
    if changes_profile {
        tx.record(Event::UserChanged.of(user.id));
    }
    if changes_profile || roles.is_some() {
        let columns = Columns { name: change.name.clone(), locale: change.locale.clone(), app_metadata, roles };
        store::update(tx, user.id, &columns).await?;
    }
    accounts::store::find(tx.connection(), user.id).await?.ok_or(OperatorError::NotFound)
}
