//! Dates in `Expires` as Firefox parses them: with a parser of its own, older than RFC 6265, and measured. A time may be missing or
//! too large, a month may be a number, and a year has two digits or at least four.

use time::{Date, Month};

use super::date::{full_year, month_named};

/// The seconds since 1970 of a cookie date. None: Firefox ignores the attribute.
pub(super) fn unix_seconds(text: &str) -> Option<i64> {
    let (mut month, mut time, mut numbers) = (None, None, Vec::new());
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        let is_number = token.bytes().all(|byte| byte.is_ascii_digit());
        if is_number {
            numbers.push(token);
        } else if token.starts_with(|first: char| first.is_ascii_digit()) && token.contains(':') {
            time = time.or_else(|| Some(seconds_of_day(token)));
        } else if month.is_none() {
            month = month_named(token.as_bytes());
        }
    }
    let (day, month, year) = match month {
        Some(month) => {
            let at = numbers.iter().position(|number| number.len() <= 2)?;
            let day = numbers.remove(at);
            (number(day)?, month, numbers.into_iter().find(|number| matches!(number.len(), 2 | 4 | 5))?)
        }
        None => numeric(&numbers)?,
    };
    let first = Date::from_calendar_date(full_year(number(year)?), month, 1).ok()?;
    // Days that the month does not have run on into the next one.
    let days = (0..=31).contains(&day).then(|| i64::from(day) - 1)?;
    Some(first.midnight().assume_utc().unix_timestamp() + days * 86_400 + time.unwrap_or_default())
}

fn is_delimiter(c: char) -> bool {
    matches!(c, ' ' | '\t' | ',' | '-' | '/' | '(' | ')' | '"')
}

/// Month, day and year in numbers; the day comes first if it can be no month.
fn numeric<'a>(numbers: &[&'a str]) -> Option<(i32, Month, &'a str)> {
    let [first, second, year, ..] = *numbers else { return None };
    if first.len() > 2 || second.len() > 2 {
        return None;
    }
    let month = |text: &str| Month::try_from(text.parse::<u8>().ok()?).ok();
    match month(first) {
        Some(month) => Some((number(second)?, month, year)),
        None => Some((number(first)?, month(second)?, year)),
    }
}

fn number(text: &str) -> Option<i32> {
    text.parse().ok()
}

fn seconds_of_day(token: &str) -> i64 {
    let leading = |part: &str| part.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok());
    token.split(':').zip([3600, 60, 1]).map(|(part, unit)| leading(part).map_or(0, |count: i64| count.min(9999)) * unit).sum()
}
