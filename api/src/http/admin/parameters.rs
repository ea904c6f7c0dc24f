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
    statistics::Day,
    webhooks::{MAX_DESCRIPTION, MAX_URL},
};

macro_rules! text {
    ($(#[doc = $doc:literal])+ $text:ident, $max:expr, $pattern:expr, $example:literal, $is_valid:expr) => {
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
                let pattern: Option<&str> = $pattern;
                MetaSchemaRef::Inline(Box::new(MetaSchema {
                    min_length: Some(1),
                    max_length: Some($max),
                    pattern: pattern.map(str::to_owned),
                    example: Some($example.into()),
                    ..MetaSchema::new("string")
                }))
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
                if (1..=$max).contains(&value.chars().count()) && is_valid(value) {
                    Ok(Self(value.to_owned()))
                } else {
                    Err(ParseError::custom("another form"))
                }
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

text! {
    /// A part of what a user has typed.
    SearchText, 254, None, "ada", |text| !text.contains('\0')
}

text! {
    /// The name of a role.
    RoleName, roles::MAX_NAME, Some("^[a-z0-9_-]+$"), "editor", roles::is_name
}

text! {
    /// The name of an event.
    EventName, 64, Some("^[a-z_]+$"), "signed_in", |text| Event::named(text).is_some()
}

text! {
    /// The name of an event. Whether it is delivered is checked later.
    WebhookEvent, 64, Some("^[a-z_]+$"), "user_deleted", |text| text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())
}

text! {
    /// The URL of a receiver, not checked yet.
    WebhookUrl, MAX_URL, None, "https://hooks.example.com/bifrons", |_| true
}

text! {
    /// What an operator notes, not checked yet.
    WebhookDescription, MAX_DESCRIPTION, None, "Tells the CRM who left", |_| true
}

text! {
    /// A moment as in RFC 3339.
    Moment, 40, None, "2026-01-01T09:00:00Z", |text| OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

text! {
    /// A day in UTC.
    DayText, 10, Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), "2026-01-31", |text| Day::parse(text).is_some()
}

text! {
    /// The id of a signing key: `kid`.
    SigningKeyId, 43, Some("^[A-Za-z0-9_-]+$"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", is_key_id
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

/// The versions that `If-Match` names (RFC 9110 section 13.1.1); `None` for any.
pub(super) fn versions(if_match: Option<&str>) -> Option<Vec<i64>> {
    let tags = if_match.filter(|tags| tags.trim() != "*")?;
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let version = |tag: &str| tag.trim().strip_prefix('"')?.strip_suffix('"').filter(digits)?.parse().ok();
    Some(tags.split(',').filter_map(version).collect())
}

/// The example of `If-Match`.
#[expect(clippy::unnecessary_wraps, reason = "the type of the parameter, which may be absent")]
pub(super) fn example_tag() -> Option<String> {
    Some("\"7\"".to_owned())
}

#[cfg(test)]
mod tests {
    use super::versions;

    #[test]
    fn rfc_9110_13_1_1_what_is_no_version_matches_none() {
        assert_eq!(versions(None), None);
        assert_eq!(versions(Some(" * ")), None);
        assert_eq!(versions(Some("\"7\"")), Some(vec![7]));
        assert_eq!(versions(Some("\"7\", \"9\"")), Some(vec![7, 9]));
        for wrong in ["", "7", "W/\"7\"", "\"7", "\"x\"", "\"\""] {
            assert_eq!(versions(Some(wrong)), Some(Vec::new()), "{wrong}");
        }
    }
}
