//! A user who does not exist yet, and the rules that the values of a sign-up must keep.

use std::fmt;

use entity::{
    PasswordHash, Roles, UnixMillis, UserId,
    user::{self, Status},
};

use crate::{
    config::LOCALE_RULE, email_address::EmailAddress, passwords::PasswordRule, person_name, random, secret::Password,
    state::AppState,
};

/// A user with a password, to be stored.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The row.
    pub user: user::Model,
    /// The hash of the password.
    pub password: PasswordHash,
}

impl NewUser {
    /// An active user without roles. The address is as typed, and canonical.
    pub fn new(address: (&str, &str), name: Option<String>, password: PasswordHash, now: UnixMillis) -> Self {
        Self { user: row(address, name, now), password }
    }
}

/// The row of an active user without roles. The address is as typed, and canonical.
pub(super) fn row((typed, canonical): (&str, &str), name: Option<String>, now: UnixMillis) -> user::Model {
    user::Model {
        id: UserId(random::uuid_v7(now)),
        email: typed.to_owned(),
        email_canonical: canonical.to_owned(),
        email_verified: false,
        locale: None,
        user_metadata: None,
        app_metadata: None,
        delete_at: None,
        name,
        roles: Roles::default(),
        status: Status::Active,
        credential_epoch: 0,
        second_factor: false,
        version: 1,
        changed_at: now,
        created_at: now,
    }
}

/// The most bytes of `user_metadata`, and of `app_metadata`, as JSON.
pub const MAX_METADATA: usize = 8 * 1024;
/// The deepest nesting of either; the object itself is the first level.
pub const MAX_DEPTH: usize = 5;

/// A rule that a value breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Of the new password.
    Password(PasswordRule),
    /// Of the name: too long, nothing visible, or with characters that cannot be seen.
    Name,
    /// The language is no BCP 47 tag.
    Locale,
    /// The metadata is too large.
    MetadataSize,
    /// The metadata is nested too deeply.
    MetadataDepth,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(rule) => write!(f, "the password {}", rule.detail()),
            Self::Name => write!(f, "the name {}", person_name::RULE),
            Self::Locale => write!(f, "the locale {LOCALE_RULE}"),
            Self::MetadataSize => write!(f, "the metadata must have at most {MAX_METADATA} bytes as JSON"),
            Self::MetadataDepth => write!(f, "the metadata must have at most {MAX_DEPTH} levels"),
        }
    }
}

impl From<PasswordRule> for Violation {
    fn from(rule: PasswordRule) -> Self {
        Self::Password(rule)
    }
}

/// All rules that the values of a sign-up break. The breach check is not among them: it asks another service.
pub(super) fn check(
    state: &AppState,
    password: &Password,
    address: &EmailAddress,
    name: Option<&str>,
) -> Result<(), Vec<Violation>> {
    let password = state.passwords.check(password, address.canonical()).map_err(Violation::Password);
    match (password, check_name(name)) {
        (Ok(()), Ok(())) => Ok(()),
        (password, name) => Err(password.err().into_iter().chain(name.err()).collect()),
    }
}

/// Whether the name keeps its rule; no name does.
pub(super) fn check_name(name: Option<&str>) -> Result<(), Violation> {
    if name.is_none_or(person_name::is_valid) { Ok(()) } else { Err(Violation::Name) }
}
