//! How long a cookie lives (RFC 6265bis sections 5.6.1, 5.6.2 and 5.7).

use super::Family;

/// Browsers keep no cookie for longer: 400 days.
const MAX_SECONDS: i64 = 400 * 24 * 60 * 60;

/// How long a browser keeps a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until the browser closes.
    Browser,
    /// For so many seconds, at least one.
    Seconds(u32),
    /// It has expired on arrival: the browser deletes a stored cookie of this name.
    Expired,
}

impl Lifetime {
    pub(super) fn of(max_age: Option<i64>, expires: Option<i64>, now: i64) -> Self {
        match max_age.or(expires.map(|at| at.saturating_sub(now))) {
            None => Self::Browser,
            Some(..=0) => Self::Expired,
            Some(seconds) => Self::Seconds(u32::try_from(seconds.min(MAX_SECONDS)).unwrap_or(u32::MAX)),
        }
    }
}

/// The seconds in `Max-Age`, at the nearest bound if they are too many. None: browsers ignore the attribute.
pub(super) fn max_age(family: Family, text: &str) -> Option<i64> {
    // To Firefox, what begins so is in the past, with anything behind it.
    if family == Family::Firefox && text.starts_with('-') {
        return Some(i64::MIN);
    }
    let signed = text.strip_prefix('-').or_else(|| text.strip_prefix('+').filter(|_| family.is_chromium()));
    let digits = signed.unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let bound = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(bound))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{Family, Lifetime, max_age};

    #[test]
    fn ages_have_digits_alone_and_never_overflow() {
        for (text, seconds) in [
            ("60", Some(60)),
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("007", Some(7)),
            ("99999999999999999999", Some(i64::MAX)),
            ("-99999999999999999999", Some(i64::MIN)),
            ("60s", None),
            ("1.5", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(max_age(Family::SafariLike, text), seconds, "{text}");
        }
        let [chromium, firefox, safari] = [Family::Chromium, Family::Firefox, Family::SafariLike]
            .map(|family| ["+60", "-", "-1x", "--1", "+", "+-0"].map(|text| max_age(family, text)));
        assert_eq!(chromium, [Some(60), None, None, None, None, None]);
        assert_eq!(firefox, [None, Some(i64::MIN), Some(i64::MIN), Some(i64::MIN), None, None]);
        assert_eq!(safari, [None; 6]);
    }

    #[test]
    fn an_age_counts_before_a_date() {
        assert_eq!(Lifetime::of(None, None, 9), Lifetime::Browser);
        assert_eq!(Lifetime::of(Some(60), Some(0), 9), Lifetime::Seconds(60));
        assert_eq!(Lifetime::of(Some(0), Some(1_000), 9), Lifetime::Expired);
        assert_eq!(Lifetime::of(None, Some(10), 9), Lifetime::Seconds(1));
        assert_eq!(Lifetime::of(None, Some(9), 9), Lifetime::Expired);
        assert_eq!(Lifetime::of(None, Some(i64::MIN), i64::MAX), Lifetime::Expired);
        assert_eq!(Lifetime::of(Some(i64::MAX), None, 0), Lifetime::Seconds(34_560_000), "400 days at most");
    }

    proptest! {
        #[test]
        fn any_text_is_an_age_only_if_it_is_a_whole_number(text in any::<String>()) {
            prop_assert_eq!(max_age(Family::SafariLike, &text).is_some(), text.strip_prefix('-').unwrap_or(&text).parse::<u128>().is_ok() && !text.contains('+'));
        }

        #[test]
        fn a_lifetime_is_at_most_400_days(age in any::<Option<i64>>(), expires in any::<Option<i64>>(), now in any::<i64>()) {
            if let Lifetime::Seconds(seconds) = Lifetime::of(age, expires, now) {
                prop_assert!((1..=34_560_000).contains(&seconds));
            }
        }
    }
}
