//! The one source of time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use entity::UnixMillis;
use time::OffsetDateTime;

/// The time of the system, or a time that a test sets.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Changes only by [`Clock::advance`] and [`Clock::set`]. Clones share the time.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows `now` until [`Clock::advance`] is called.
    pub fn manual(now: UnixMillis) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now.0)))
    }

    pub fn now(&self) -> UnixMillis {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the only place that reads the system's time")]
            Self::System => UnixMillis(0).plus(std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
            Self::Manual(now) => UnixMillis(now.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward. Does nothing to the system's clock.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(now) = self {
            now.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock. Does nothing to the system's clock.
    pub fn set(&self, to: UnixMillis) {
        if let Self::Manual(now) = self {
            now.store(to.0, Ordering::SeqCst);
        }
    }
}

/// A moment as text: RFC 3339 in UTC, always with three decimals, so that it has one form and sorts by time. Every answer and every log
/// line has some: the digits are written without a library's description of the form, which costs twenty times as much.
pub fn rfc_3339(moment: UnixMillis) -> String {
    let at = OffsetDateTime::from_unix_timestamp(moment.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let ((year, month, day), (hour, minute, second)) = (at.to_calendar_date(), at.to_hms());
    let millis = u32::try_from(moment.0.rem_euclid(1000)).unwrap_or_default();
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let parts = [
        (0..4, year.unsigned_abs()),
        (5..7, u8::from(month).into()),
        (8..10, day.into()),
        (11..13, hour.into()),
        (14..16, minute.into()),
        (17..19, second.into()),
        (20..23, millis),
    ];
    for (digits, mut value) in parts {
        for digit in text[digits].iter_mut().rev() {
            *digit += u8::try_from(value % 10).unwrap_or_default();
            value /= 10;
        }
    }
    String::from_utf8(text.to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use entity::UnixMillis;
    use time::{OffsetDateTime, macros::format_description};

    use super::rfc_3339;

    #[test]
    fn a_moment_has_one_form() {
        for (millis, text) in [
            (1_767_258_000_000, "2026-01-01T09:00:00.000Z"),
            (1_767_258_000_120, "2026-01-01T09:00:00.120Z"),
            (1_767_258_000_007, "2026-01-01T09:00:00.007Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc_3339(UnixMillis(millis)), text);
        }
    }

    /// Of every day and second of a leap year, and over 400 years, the library says the same.
    #[test]
    fn it_is_what_the_library_writes() {
        let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        let (day, century) = (86_400_000, 36_525 * 86_400_000);
        let days = (0..366).map(|n| 1_704_067_200_000 + n * day + n * 37_123);
        let centuries = (-3..80).map(|n| n * century / 10 + n * 7_654_321);
        for millis in days.chain(centuries) {
            let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap();
            assert_eq!(rfc_3339(UnixMillis(millis)), moment.format(form).unwrap());
        }
    }
}
