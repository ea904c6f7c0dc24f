//! What a user changes about themselves.

use serde_json::{Map, Value};

/// What becomes of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// It stays.
    #[default]
    Keep,
    /// It is removed.
    Remove,
    /// It gets this value.
    Set(T),
}

impl<T> Field<T> {
    /// Whether it stays.
    pub fn is_kept(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The new value.
    pub fn value(&self) -> Option<&T> {
        if let Self::Set(value) = self { Some(value) } else { None }
    }

    /// The same with another value.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Keep => Field::Keep,
            Self::Remove => Field::Remove,
            Self::Set(value) => Field::Set(map(value)),
        }
    }
}

/// What to change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The name to show.
    pub name: Field<String>,
    /// The language of mails: a BCP 47 tag.
    pub locale: Field<String>,
    /// A merge patch (RFC 7396) of what the app stores.
    pub user_metadata: Field<Map<String, Value>>,
}
