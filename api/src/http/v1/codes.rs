//! Closed lists whose values are stored or standardized elsewhere: the specification names the values.

use std::borrow::Cow;

use entity::{Method, one_time_token::Purpose, session::EndedBecause};
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde::Serialize;
use serde_json::Value;

macro_rules! codes {
    ($(#[doc = $doc:literal])+ $code:ident, $values:expr) => {
        $(#[doc = $doc])+
        #[derive(Serialize)]
        pub(in crate::http) struct $code(pub(in crate::http) String);

        impl Type for $code {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                concat!("string_", stringify!($code)).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                let enum_items = $values.map(|value| value.into()).collect();
                MetaSchemaRef::Inline(Box::new(MetaSchema { enum_items, ..MetaSchema::new("string") }))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl ParseFromJSON for $code {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                String::parse_from_json(value).map(Self).map_err(ParseError::propagate)
            }
        }

        impl ToJSON for $code {
            fn to_json(&self) -> Option<Value> {
                Some(self.0.as_str().into())
            }
        }
    };
}

codes! {
    /// How a user authenticated (RFC 8176).
    AmrValue, Method::ALL.iter().map(|method| method.name())
}

codes! {
    /// What a one-time token is good for.
    TokenPurpose, Purpose::names()
}

codes! {
    /// Why a session ended.
    EndReason, EndedBecause::names()
}

codes! {
    /// How an access token is presented (RFC 6749 section 7.1).
    TokenType, ["Bearer"].into_iter()
}

codes! {
    /// What a right password led to: a session.
    SignedInStatus, ["signed-in"].into_iter()
}

codes! {
    /// What a right password led to: a challenge.
    ChallengeStatus, ["challenge"].into_iter()
}

codes! {
    /// The type of a credential of Web Authentication.
    PublicKeyType, ["public-key"].into_iter()
}

codes! {
    /// What an authenticator must be able to do.
    Requirement, ["required"].into_iter()
}

codes! {
    /// Whether the service wants to know the model of the authenticator: it does not.
    AttestationNone, ["none"].into_iter()
}

impl PublicKeyType {
    pub(super) fn public_key() -> Self {
        Self("public-key".to_owned())
    }
}

impl Requirement {
    pub(super) fn required() -> Self {
        Self("required".to_owned())
    }
}

impl AttestationNone {
    pub(super) fn none() -> Self {
        Self("none".to_owned())
    }
}

impl SignedInStatus {
    pub(super) fn signed_in() -> Self {
        Self("signed-in".to_owned())
    }
}

impl ChallengeStatus {
    pub(super) fn challenge() -> Self {
        Self("challenge".to_owned())
    }
}

impl TokenType {
    pub(super) fn bearer() -> Self {
        Self("Bearer".to_owned())
    }
}
