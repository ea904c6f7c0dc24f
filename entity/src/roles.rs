//! What a user may do: a set of role names. Operators choose the names; `admin` is reserved for the administration of the service.

use std::{collections::BTreeSet, fmt, str::FromStr};

use sea_orm::{DeriveValueType, sea_query::ValueTypeErr};
use serde::{Deserialize, Serialize};

/// The role that allows the administration of the service.
pub const ADMIN: &str = "admin";

/// The most characters of a name.
pub const MAX_NAME: usize = 32;

/// The most roles of a user.
pub const MAX_ROLES: usize = 16;

/// A rule that roles break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolesError {
    /// A name is empty or too long, or has other characters than `a` to `z`, `0` to `9`, `-` and `_`.
    Name,
    /// There are too many.
    Number,
}

impl fmt::Display for RolesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => write!(f, "a role has 1 to {MAX_NAME} characters: lower case letters a to z, digits, - and _"),
            Self::Number => write!(f, "a user has at most {MAX_ROLES} roles"),
        }
    }
}

impl std::error::Error for RolesError {}

/// A set of role names, stored sorted and separated by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveValueType, Serialize, Deserialize)]
#[sea_orm(value_type = "String")]
pub struct Roles(BTreeSet<String>);

impl Roles {
    /// The set of these names.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self, RolesError> {
        let roles = Self(names.into_iter().map(Into::into).collect());
        if !roles.names().all(is_name) {
            return Err(RolesError::Name);
        }
        if roles.0.len() > MAX_ROLES { Err(RolesError::Number) } else { Ok(roles) }
    }

    /// Whether a role is among them.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether they allow the administration of the service.
    pub fn is_admin(&self) -> bool {
        self.has(ADMIN)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Bytes of all names together.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(String::capacity).sum()
    }
}

/// Whether a text is the name of a role.
pub fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(is_allowed)
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Roles {
    type Err = ValueTypeErr;

    fn from_str(stored: &str) -> Result<Self, Self::Err> {
        Ok(Self(stored.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_ROLES, Roles, RolesError};

    #[test]
    fn names_and_their_number_have_rules() {
        let longest = "x".repeat(32);
        for name in ["a", "admin", "read-only_2", "0", longest.as_str()] {
            assert!(Roles::new([name]).unwrap().has(name), "{name}");
        }
        for name in ["", "Admin", "a b", "a,b", "\u{e9}", "a\n", &"x".repeat(33)] {
            assert_eq!(Roles::new([name]), Err(RolesError::Name), "{name:?}");
        }
        let many = |count: usize| Roles::new((0..count).map(|number| format!("role-{number}")));
        assert!(many(MAX_ROLES).is_ok() && Roles::new(vec!["same"; 40]).is_ok());
        assert_eq!(many(MAX_ROLES + 1), Err(RolesError::Number));
        assert!(!Roles::new(["administrator", "admin-x"]).unwrap().is_admin());
    }

    #[test]
    fn a_set_is_stored_sorted_and_read_back() {
        let roles: Roles = "editor admin editor".parse().unwrap();
        assert_eq!(roles.to_string(), "admin editor");
        assert_eq!(roles.to_string().parse::<Roles>().unwrap(), roles);
        assert_eq!("".parse::<Roles>().unwrap(), Roles::default());
    }
}
