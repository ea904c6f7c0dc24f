//! A moment as an argument: RFC 3339.

use entity::UnixMillis;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub(super) fn parse(text: &str) -> Result<UnixMillis, String> {
    let moment =
        OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "write a moment as in RFC 3339: 2026-01-31T09:00:00Z".to_owned())?;
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).map(UnixMillis).map_err(|error| error.to_string())
}
