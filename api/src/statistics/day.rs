//! A day in UTC.

use std::{fmt, time::Duration};

use entity::UnixMillis;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::clock::rfc_3339;

const MILLIS: i64 = 24 * 3_600_000;

/// A day in UTC, by its number since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The day of a moment.
    pub fn of(moment: UnixMillis) -> Self {
        Self(moment.0.div_euclid(MILLIS))
    }

    /// `2026-01-31`; `None` for another form, and for a day that no calendar has.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.len() == 10 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
        let midnight = OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339).ok().filter(|_| is_plain)?;
        Some(Self(midnight.unix_timestamp().div_euclid(MILLIS / 1000)))
    }

    /// The moment at which it begins.
    pub fn start(self) -> UnixMillis {
        UnixMillis(self.0.saturating_mul(MILLIS))
    }

    /// So many days later, or earlier.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// How many days there are from this one to the other, both counted; 0 or less if the other is earlier.
    pub fn until(self, last: Self) -> i64 {
        last.0 - self.0 + 1
    }

    /// Whether it ended so long before a moment.
    pub(super) fn has_ended(self, ago: Duration, now: UnixMillis) -> bool {
        self.plus(1).start().plus(ago) <= now
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(rfc_3339(self.start()).split('T').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::UnixMillis;

    use super::Day;

    #[test]
    fn a_day_is_read_as_it_is_written() {
        for text in ["1970-01-01", "2024-02-29", "2026-12-31", "0001-01-01", "9999-12-31", "1969-12-31"] {
            assert_eq!(Day::parse(text).unwrap().to_string(), text);
        }
        for wrong in
            ["", "2026-02-29", "2026-13-01", "2026-1-1", "20260101", "2026-01-01T", "2026-01-0१", "+026-01-01", "2026-01-01Z"]
        {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let day = Day::parse("2026-01-31").unwrap();
        assert_eq!((Day::of(day.start()), Day::of(UnixMillis(day.start().0 - 1))), (day, day.plus(-1)));
        assert_eq!(day.plus(1).to_string(), "2026-02-01");
        assert_eq!((day.until(day), day.until(day.plus(2)), day.until(day.plus(-1))), (1, 3, 0));
        let hour = Duration::from_secs(3600);
        assert!(day.has_ended(hour, day.plus(1).start().plus(hour)) && !day.has_ended(hour, day.plus(1).start()));
    }
}
