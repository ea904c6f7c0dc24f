//! What a user may do: a set of role names. Operators choose the names; `admin` is reserved for the administration of the service.

use std::{collections::BTreeSet, fmt, str::FromStr};

use sea_orm::{DeriveValueType, sea_query::ValueTypeErr};
use serde::{Deserialize, Serialize};

/// A set of role names, stored sorted and separated by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveValueType, Serialize, Deserialize)]
#[sea_orm(value_type = "String")]
pub struct Roles(BTreeSet<String>);

impl Roles {
    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Bytes of all names together.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(String::capacity).sum()
    }
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
    use super::Roles;

    #[test]
    fn a_set_is_stored_sorted_and_read_back() {
        let roles: Roles = "editor admin editor".parse().unwrap();
        assert_eq!(roles.to_string(), "admin editor");
        assert_eq!(roles.to_string().parse::<Roles>().unwrap(), roles);
        assert_eq!("".parse::<Roles>().unwrap(), Roles::default());
    }
}
