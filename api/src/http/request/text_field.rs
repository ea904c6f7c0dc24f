//! Texts in request bodies that have a form: the specification shows it as a pattern.

use std::borrow::Cow;

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::Value;

use super::{email_field::EMAIL_FORMAT, patterns};
use crate::{email_address, person_name};

macro_rules! text_field {
    ($(#[doc = $doc:literal])+ $field:ident, $format:expr, $pattern:expr, $max:expr) => {
        $(#[doc = $doc])+
        pub(in crate::http) struct $field(pub(in crate::http) String);

        impl Type for $field {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                concat!("string_", stringify!($field)).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                let (min_length, max_length, pattern) = (Some(1), Some($max), Some($pattern.to_owned()));
                let format = $format;
                MetaSchemaRef::Inline(Box::new(MetaSchema { format, min_length, max_length, pattern, ..MetaSchema::new("string") }))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl ParseFromJSON for $field {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                String::parse_from_json(value).map(Self).map_err(ParseError::propagate)
            }
        }

        impl ToJSON for $field {
            fn to_json(&self) -> Option<Value> {
                Some(self.0.as_str().into())
            }
        }
    };
}

text_field! {
    /// The name of a person, not checked yet.
    NameField, None, patterns::NAME, person_name::MAX_LENGTH
}

text_field! {
    /// A language tag, not checked yet.
    LocaleField, None, patterns::LOCALE, 35
}

text_field! {
    /// The address of an account that may have signed up when the rules were others.
    StoredEmailField, Some(EMAIL_FORMAT), patterns::STORED_EMAIL, email_address::MAX_BYTES
}
