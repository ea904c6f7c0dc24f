//! Parameters of the admin API.

use std::borrow::Cow;

use entity::{UnixMillis, roles};
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    audit::Event,
    http::request::patterns::{ROLE, STORABLE},
    statistics::Day,
    webhooks::{self, MAX_DESCRIPTION, MAX_URL},
};

macro_rules! text {
    ($(#[doc = $doc:literal])+ $text:ident, $schema:expr, $example:literal, $is_valid:expr) => {
        $(#[doc = $doc])+
        pub(super) struct $text(pub(super) String);

        impl Type for $text {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                concat!("string_", stringify!($text)).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new(MetaSchema { example: Some($example.into()), ..$schema }))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl ParseFromParameter for $text {
            fn parse_from_parameter(value: &str) -> ParseResult<Self> {
                let is_valid: fn(&str) -> bool = $is_valid;
                if is_valid(value) { Ok(Self(value.to_owned())) } else { Err(ParseError::custom("another form")) }
            }
        }

        impl ParseFromJSON for $text {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                Self::parse_from_parameter(value.as_ref().and_then(Value::as_str).unwrap_or_default()).map_err(ParseError::propagate)
            }
        }

        impl ToJSON for $text {
            fn to_json(&self) -> Option<Value> {
                Some(self.0.as_str().into())
            }
        }
    };
}

/// The schema of a text of 1 to `max` characters.
fn limited(max: usize) -> MetaSchema {
    MetaSchema { min_length: Some(1), max_length: Some(max), ..MetaSchema::new("string") }
}

fn with_pattern(pattern: &str, schema: MetaSchema) -> MetaSchema {
    MetaSchema { pattern: Some(pattern.to_owned()), ..schema }
}

/// The schema of one of these names.
fn one_of(names: impl Iterator<Item = &'static str>) -> MetaSchema {
    MetaSchema { enum_items: names.map(Into::into).collect(), ..MetaSchema::new("string") }
}

fn fits(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count()) && !text.contains('\0')
}

text! {
    /// A part of what a user has typed.
    SearchText, with_pattern(STORABLE, limited(254)), "ada", |text| fits(text, 254)
}

text! {
    /// The name of a role.
    RoleName, with_pattern(ROLE, limited(roles::MAX_NAME)), "editor", roles::is_name
}

text! {
    /// The name of an event of the audit trail.
    EventName, one_of(Event::ALL.iter().map(|event| event.name())), "signed_in", |text| Event::named(text).is_some()
}

text! {
    /// The id of an actor: of a user or of an admin key, or the name of the person at the command line.
    ActorId, with_pattern(STORABLE, limited(64)), "019b7a3d-1b5c-7e08-8f4a-2d9c31e75a60", |text| fits(text, 64)
}

text! {
    /// The name of an event that webhooks deliver.
    WebhookEvent, one_of(webhooks::events()), "user_deleted", |text| webhooks::events().any(|name| name == text)
}

text! {
    /// The URL of a receiver, not checked yet.
    WebhookUrl, limited(MAX_URL), "https://hooks.example.com/bifrons", |_| true
}

text! {
    /// What an operator notes, not checked yet.
    WebhookDescription, limited(MAX_DESCRIPTION), "Tells the CRM who left", |_| true
}

text! {
    /// A moment as in RFC 3339.
    Moment, MetaSchema { format: Some("date-time"), ..limited(40) }, "2026-01-01T09:00:00Z", |text| OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

text! {
    /// A day in UTC.
    DayText, MetaSchema { format: Some("date"), ..limited(10) }, "2026-01-31", |text| Day::parse(text).is_some()
}

text! {
    /// The id of a signing key: `kid`.
    SigningKeyId, with_pattern("^[A-Za-z0-9_-]+$", limited(43)), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", is_key_id
}

fn is_key_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl From<Moment> for UnixMillis {
    fn from(Moment(text): Moment) -> Self {
        let millis = OffsetDateTime::parse(&text, &Rfc3339).map_or(0, |moment| moment.unix_timestamp_nanos() / 1_000_000);
        Self(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}
