//! Dates in `Expires`, parsed as Chromium does: by RFC 6265bis section 5.5, but for what follows a number, and for early years.

use time::{Date, Month, Time};

/// The seconds since 1970 of a cookie date. None: browsers ignore the attribute.
pub fn unix_seconds(text: &str) -> Option<i64> {
    let mut found = Found::default();
    for token in text.as_bytes().split(|byte| is_delimiter(*byte)).filter(|token| !token.is_empty()) {
        found.take(token);
    }
    let (hour, minute, second) = found.time?;
    let date = Date::from_calendar_date(full_year(found.year?), found.month?, found.day?).ok()?;
    Some(date.with_time(Time::from_hms(hour, minute, second).ok()?).assume_utc().unix_timestamp())
}

/// A year of two digits is one of 1970 to 2069.
pub(super) fn full_year(year: i32) -> i32 {
    match year {
        70..=99 => year + 1900,
        0..=69 => year + 2000,
        _ => year,
    }
}

/// Every component counts once: the first token that can be it.
#[derive(Default)]
struct Found {
    time: Option<(u8, u8, u8)>,
    day: Option<u8>,
    month: Option<Month>,
    year: Option<i32>,
}

impl Found {
    fn take(&mut self, token: &[u8]) {
        if !token.first().is_some_and(u8::is_ascii_digit) {
            self.month = self.month.or_else(|| month_named(token));
        } else if token.contains(&b':') {
            self.time = self.time.or_else(|| time_of_day(token));
        } else if self.day.is_none() && token.len() <= 2 {
            self.day = number(token);
        } else if self.year.is_none() && token.len() <= 5 {
            self.year = number(token);
        }
    }
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

fn number<T: std::str::FromStr>(token: &[u8]) -> Option<T> {
    let digits = token.iter().all(u8::is_ascii_digit).then_some(token)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn time_of_day(token: &[u8]) -> Option<(u8, u8, u8)> {
    let mut parts = token.split(|byte| *byte == b':').map(number);
    let time = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(time)
}

/// The month whose name begins with the first three letters.
pub(super) fn month_named(token: &[u8]) -> Option<Month> {
    const NAMES: [&[u8]; 12] = [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let name = token.get(..3)?.to_ascii_lowercase();
    let index = NAMES.iter().position(|known| *known == name.as_slice())?;
    Month::try_from(u8::try_from(index + 1).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};
    use time::{Month, OffsetDateTime};

    use super::{is_delimiter, unix_seconds};

    const NOON: i64 = 1_767_268_800; // 2026-01-01T12:00:00Z

    #[test]
    fn dates_are_read_in_every_form_that_servers_write() {
        for (text, seconds) in [
            ("Thu, 01 Jan 2026 12:00:00 GMT", Some(NOON)),
            ("Thursday, 01-Jan-26 12:00:00 GMT", Some(NOON)),
            ("Thu Jan  1 12:00:00 2026", Some(NOON)),
            ("2026 1 january 12:0:0", Some(NOON)),
            ("12:00:00GMT 1 Jan 2026", None),
            ("12:00:00 1Jan JANUARY 2026", None),
            ("01 Jan 2026 12:00:00:00", None),
            ("01 Jan 02026 012:00:00", Some(NOON)),
            ("1st Jan 2026 12:00:00", None),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("01-Jan-70 00:00:00 GMT", Some(0)),
            ("Mon, 01 Jan 0001 00:00:00 GMT", Some(978_307_200)),
            ("Thu, 01 Jan 69 00:00:00 GMT", Some(3_124_224_000)),
            ("Mon, 01 Jan 1601 00:00:00 GMT", Some(-11_644_473_600)),
            ("Mon, 01 Jan 1600 00:00:00 GMT", Some(-11_676_096_000)),
            ("Mon, 01 Jan 100 00:00:00 GMT", Some(-59_011_459_200)),
            ("Fri, 30 Feb 1500 00:00:00 GMT", None),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("Fri, 31 Dec 10000 23:59:59 GMT", None),
            ("Tue, 30 Feb 2026 12:00:00 GMT", None),
            ("Thu, 00 Jan 2026 12:00:00 GMT", None),
            ("Thu, 01 Jan 2026 24:00:00 GMT", None),
            ("Thu, 01 Jan 2026 12:60:00 GMT", None),
            ("Thu, 01 Jan 2026 12:00 GMT", None),
            ("Thu, 01 Jan 2026", None),
            ("0", None),
            ("", None),
        ] {
            assert_eq!(unix_seconds(text), seconds, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_a_panic(text in any::<String>()) {
            let _ = unix_seconds(&text);
        }

        #[test]
        fn every_second_is_read_back(seconds in -11_644_473_600_i64..253_402_300_800, delimiter in any::<u8>()) {
            let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let blank = if is_delimiter(delimiter) { char::from(delimiter) } else { ' ' };
            let (day, month, year) = (at.day(), Month::to_string(&at.month()), at.year());
            let text = format!("{day:02}{blank}{month}{blank}{year:04}{blank}{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
            prop_assert_eq!(unix_seconds(&text), Some(seconds), "{}", text);
        }
    }
}
