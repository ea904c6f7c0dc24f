//! How a user authenticated: a set of RFC 8176 `amr` values, and the assurance that follows from it.

use std::{fmt, str::FromStr};

use sea_orm::{DeriveValueType, sea_query::ValueTypeErr};
use serde::{Deserialize, Serialize};

macro_rules! methods {
    ($($(#[doc = $doc:literal])+ $method:ident = $name:literal;)+) => {
        /// One way to authenticate (RFC 8176 section 2).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Method { $($(#[doc = $doc])+ $method,)+ }

        impl Method {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$method),+];

            /// The `amr` value.
            pub fn name(self) -> &'static str {
                match self { $(Self::$method => $name,)+ }
            }
        }
    };
}

methods! {
    /// A password.
    Password = "pwd";
    /// A one-time code.
    OneTimeCode = "otp";
    /// A key in hardware.
    HardwareKey = "hwk";
    /// A key in software.
    SoftwareKey = "swk";
    /// The authenticator verified the user.
    UserVerified = "user";
    /// Two or more factors.
    MultiFactor = "mfa";
}

/// A set of methods, stored as their `amr` values separated by spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, DeriveValueType, Serialize, Deserialize)]
#[sea_orm(value_type = "String")]
pub struct Methods(u8);

impl Methods {
    /// The set of one method.
    pub fn only(method: Method) -> Self {
        Self::default().with(method)
    }

    /// The set with one more method.
    #[must_use]
    pub fn with(self, method: Method) -> Self {
        Self(self.0 | 1 << method as u8)
    }

    /// The set with all methods of another one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set has the method.
    pub fn contains(self, method: Method) -> bool {
        self.0 & (1 << method as u8) != 0
    }

    /// The `amr` values, in the order of [`Method`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Method::ALL.iter().filter(move |method| self.contains(**method)).map(|method| method.name())
    }

    /// 1: one factor. 2: two factors, or a passkey whose authenticator verified the user.
    pub fn assurance(self) -> u8 {
        if self.contains(Method::MultiFactor) { 2 } else { 1 }
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Methods {
    type Err = ValueTypeErr;

    /// Ignores values of a newer version: during a rolling upgrade both read the same rows.
    fn from_str(stored: &str) -> Result<Self, Self::Err> {
        let known = |name: &str| Method::ALL.iter().copied().find(|method| method.name() == name);
        Ok(stored.split(' ').filter_map(known).fold(Self::default(), Self::with))
    }
}

#[cfg(test)]
mod tests {
    use super::{Method, Methods};

    #[test]
    fn a_set_is_stored_and_read_back() {
        let both = Methods::only(Method::Password).with(Method::OneTimeCode).with(Method::MultiFactor);
        assert_eq!(both.to_string(), "pwd otp mfa");
        assert_eq!("mfa pwd otp pwd".parse::<Methods>().unwrap(), both);
        assert_eq!("pwd retina".parse::<Methods>().unwrap(), Methods::only(Method::Password));
        assert_eq!("".parse::<Methods>().unwrap(), Methods::default());
    }

    #[test]
    fn assurance_follows_from_the_methods() {
        assert_eq!(Methods::only(Method::Password).assurance(), 1);
        assert_eq!(Methods::only(Method::HardwareKey).with(Method::UserVerified).with(Method::MultiFactor).assurance(), 2);
    }
}
