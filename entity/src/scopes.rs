//! What an admin key may do: a closed list of scopes.

use std::{collections::BTreeSet, fmt, str::FromStr};

use sea_orm::{DeriveValueType, sea_query::ValueTypeErr};

/// What a part of the admin API demands of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Reading users and their sessions.
    UsersRead,
    /// Creating, changing and deleting users.
    UsersWrite,
    /// Ending sessions.
    SessionsWrite,
    /// Reading the audit trail.
    AuditRead,
    /// Reading webhooks and their deliveries.
    WebhooksRead,
    /// Creating, changing, testing and deleting webhooks.
    WebhooksWrite,
    /// Reading how many users, sessions and sign-ins there are.
    StatisticsRead,
    /// Reading which mails were not delivered.
    MailRead,
    /// Delivering mails again, and removing them.
    MailWrite,
    /// Reading which signing keys there are.
    KeysRead,
    /// Rotating and removing signing keys.
    KeysWrite,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::UsersRead,
        Self::UsersWrite,
        Self::SessionsWrite,
        Self::AuditRead,
        Self::WebhooksRead,
        Self::WebhooksWrite,
        Self::StatisticsRead,
        Self::MailRead,
        Self::MailWrite,
        Self::KeysRead,
        Self::KeysWrite,
    ];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::SessionsWrite => "sessions:write",
            Self::AuditRead => "audit:read",
            Self::WebhooksRead => "webhooks:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::StatisticsRead => "statistics:read",
            Self::MailRead => "mail:read",
            Self::MailWrite => "mail:write",
            Self::KeysRead => "keys:read",
            Self::KeysWrite => "keys:write",
        }
    }

    /// The scope of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A set of scopes, stored in their order and separated by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveValueType)]
#[sea_orm(value_type = "String")]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Whether a scope is among them.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|scope| scope.name())
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Scopes {
    type Err = ValueTypeErr;

    /// A scope of a newer version allows nothing here.
    fn from_str(stored: &str) -> Result<Self, Self::Err> {
        Ok(stored.split(' ').filter_map(Scope::named).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, Scopes};

    #[test]
    fn a_set_is_read_back_and_an_unknown_scope_allows_nothing() {
        let scopes = Scopes::from_iter(Scope::ALL);
        assert_eq!(scopes.to_string().parse::<Scopes>().unwrap(), scopes);
        assert_eq!("users:read everything".parse::<Scopes>().unwrap(), Scopes::from_iter([Scope::UsersRead]));
        assert_eq!("".parse::<Scopes>().unwrap(), Scopes::default());
    }
}
