//! E-mail addresses in request bodies: read straight into the type that cannot be wrong.

use std::borrow::Cow;

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::Value;

use super::patterns;
use crate::email_address::{self, EmailAddress};

/// Addresses of RFC 6531: `email` would exclude those with characters outside ASCII.
pub(super) const EMAIL_FORMAT: &str = "idn-email";

impl Type for EmailAddress {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "string_email".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let (max_length, pattern) = (Some(email_address::MAX_BYTES), Some(patterns::EMAIL.to_owned()));
        MetaSchemaRef::Inline(Box::new(MetaSchema { max_length, pattern, ..MetaSchema::new_with_format("string", EMAIL_FORMAT) }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ParseFromJSON for EmailAddress {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let typed = value.as_ref().and_then(Value::as_str).unwrap_or_default();
        Self::parse(typed).map_err(|rule| rule.detail().into())
    }
}

impl ToJSON for EmailAddress {
    fn to_json(&self) -> Option<Value> {
        Some(self.as_typed().into())
    }
}
