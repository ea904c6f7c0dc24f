//! When a certificate expires (RFC 5280 section 4.1.2.5).

use time::{Date, Month, PrimitiveDateTime, Time};

/// When the certificate expires, in seconds since 1970. rustls does not tell. `None` if it is not a certificate.
pub(super) fn expires(certificate: &[u8]) -> Option<i64> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    // The version may be left out. Number, algorithm and issuer follow, and then the validity.
    if *rest.first()? == VERSION {
        rest = element(rest)?.2;
    }
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (SEQUENCE, validity, _) = element(rest)? else { return None };
    let (_, _, rest) = element(validity)?;
    let (tag, written, _) = element(rest)?;
    moment(tag, std::str::from_utf8(written).ok()?)
}

/// The first DER element: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*first) {
        short @ 0..0x80 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long - 0x80).filter(|(bytes, _)| bytes.len() <= 4)?;
            (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn moment(tag: u8, written: &str) -> Option<i64> {
    const UTC_TIME: u8 = 0x17;
    let (year, rest) = if tag == UTC_TIME {
        let (year, rest) = written.split_at_checked(2)?;
        let year = year.parse::<i32>().ok()?;
        (if year < 50 { 2000 + year } else { 1900 + year }, rest)
    } else {
        let (year, rest) = written.split_at_checked(4)?;
        (year.parse().ok()?, rest)
    };
    let two = |at: usize| rest.get(at..at + 2)?.parse::<u8>().ok();
    let date = Date::from_calendar_date(year, Month::try_from(two(0)?).ok()?, two(2)?).ok()?;
    let time = Time::from_hms(two(4)?, two(6)?, two(8)?).ok()?;
    (rest.get(10..) == Some("Z")).then(|| PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::{expires, moment};

    #[test]
    fn both_forms_of_a_time_are_read() {
        assert_eq!(moment(0x17, "260101090000Z"), Some(1_767_258_000));
        assert_eq!(moment(0x18, "20260101090000Z"), Some(1_767_258_000));
        assert_eq!(moment(0x17, "700101000000Z"), Some(0));
        for wrong in ["", "2601010900Z", "260101090000", "261301090000Z", "260101090000+0100"] {
            assert_eq!(moment(0x17, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_cut_or_no_certificate_is_none() {
        for wrong in
            [&b""[..], b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x02\x30\x00", b"\x30\x85\x00\x00\x00\x00\x00"]
        {
            assert_eq!(expires(wrong), None, "{wrong:?}");
        }
    }
}
