//! Passwords in request bodies: read straight into the type that cannot be printed.

use std::borrow::Cow;

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::Value;

use crate::secret::Password;

impl Type for Password {
    const IS_REQUIRED: bool = true;

    type RawValueType = String;
    type RawElementValueType = String;

    fn name() -> Cow<'static, str> {
        "string_password".into()
    }

    /// As many characters as a password may have bytes: no fewer, so that the schema refuses nothing that the service would take.
    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema { max_length: Some(1024), ..MetaSchema::new_with_format("string", "password") }))
    }

    fn as_raw_value(&self) -> Option<&String> {
        None
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a String> + 'a> {
        Box::new(std::iter::empty())
    }
}

impl ParseFromJSON for Password {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            Some(Value::String(typed)) => Ok(Self::new(typed)),
            _ => Err("a string is wanted".into()),
        }
    }
}

/// Only the examples of the specification are ever written; a password that a user typed never reaches an answer.
impl ToJSON for Password {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String("correct horse battery".to_owned()))
    }
}
