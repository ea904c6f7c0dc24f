//! Moments on the wire: RFC 3339 in UTC, always with three decimals, so that their text has one form and sorts by time.

use std::borrow::Cow;

use entity::UnixMillis;
use poem_openapi::{
    registry::MetaSchemaRef,
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const FORM: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Timestamp(OffsetDateTime);

impl From<UnixMillis> for Timestamp {
    fn from(moment: UnixMillis) -> Self {
        let nanos = i128::from(moment.0) * 1_000_000;
        Self(OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }
}

impl Type for Timestamp {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        OffsetDateTime::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        OffsetDateTime::schema_ref()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ParseFromJSON for Timestamp {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        OffsetDateTime::parse_from_json(value).map(Self).map_err(ParseError::propagate)
    }
}

impl ToJSON for Timestamp {
    fn to_json(&self) -> Option<Value> {
        self.0.format(FORM).ok().map(Value::String)
    }
}

#[cfg(test)]
mod tests {
    use entity::UnixMillis;
    use poem_openapi::types::ToJSON;

    use super::Timestamp;

    #[test]
    fn there_are_always_three_decimals() {
        for (millis, text) in [
            (1_767_258_000_000, "2026-01-01T09:00:00.000Z"),
            (1_767_258_000_120, "2026-01-01T09:00:00.120Z"),
            (1_767_258_000_007, "2026-01-01T09:00:00.007Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::from(UnixMillis(millis)).to_json(), Some(text.into()));
        }
    }
}
