//! Values of parameters, read as strictly as their schemas say: one text for each value.

use std::borrow::Cow;

use poem_openapi::{
    registry::MetaSchemaRef,
    types::{ParseError, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use uuid::Uuid;

use super::value::is_uuid;

/// A number in digits, without a sign or leading zeros.
#[derive(Clone, Copy)]
pub(in crate::http) struct Digits(pub(in crate::http) i32);

/// An id with hyphens, without braces or a prefix.
#[derive(Clone, Copy)]
pub(in crate::http) struct Id(pub(in crate::http) Uuid);

macro_rules! typed_as {
    ($parameter:ident, $value:ty) => {
        impl Type for $parameter {
            const IS_REQUIRED: bool = true;

            type RawValueType = $value;
            type RawElementValueType = $value;

            fn name() -> Cow<'static, str> {
                <$value>::name()
            }

            fn schema_ref() -> MetaSchemaRef {
                <$value>::schema_ref()
            }

            fn as_raw_value(&self) -> Option<&$value> {
                Some(&self.0)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a $value> + 'a> {
                Box::new(std::iter::once(&self.0))
            }
        }
    };
}

/// The default value in the specification.
impl ToJSON for Digits {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.into())
    }
}

typed_as!(Digits, i32);
typed_as!(Id, Uuid);

impl ParseFromParameter for Digits {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        let number: i32 = value.parse().map_err(ParseError::custom)?;
        if number.to_string() == value { Ok(Self(number)) } else { Err(ParseError::custom("another form")) }
    }
}

impl ParseFromParameter for Id {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        let id = Uuid::parse_str(value).map_err(ParseError::custom)?;
        if is_uuid(value) { Ok(Self(id)) } else { Err(ParseError::custom("another form")) }
    }
}
