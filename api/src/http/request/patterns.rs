//! Regular expressions of the specification (ECMA-262, without flags). Each accepts every value that the service takes, and decides what a
//! regular expression of reasonable size can decide: everything in ASCII. The rules of the domain decide the rest; the descriptions name
//! them.

use entity::roles;

use crate::{config, email_address::EmailAddress, person_name};

/// Controls, and characters that hide themselves or reorder the text around them.
macro_rules! hidden {
    () => {
        r"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    };
}

/// A character of an atom of a local part.
macro_rules! atom {
    () => {
        r#"[^\u0000- "(),.:;<>@\[-\]\u007f]"#
    };
}

/// A character that a label of a domain name begins and ends with.
macro_rules! outer {
    () => {
        r"[^\u0000-/:-@\[-`{-\u007f]"
    };
}

/// What follows the first character of a label.
macro_rules! rest {
    () => {
        concat!(r"[^\u0000-,./:-@\[-`{-\u007f]{0,61}", outer!())
    };
}

/// A domain name before IDNA maps it. The last label is no number.
macro_rules! domain {
    () => {
        concat!(
            "(?:",
            outer!(),
            "(?:",
            rest!(),
            r")?\.)*(?:[0-9]*[^\u0000-@\[-`{-\u007f](?:",
            rest!(),
            ")?|[0-9]+-",
            rest!(),
            r")[\s\u0085]*$"
        )
    };
}

/// `person_name`: none of `hidden`, and one character that is neither white space nor a joiner or variation selector.
pub(super) const NAME: &str =
    concat!("^[^", hidden!(), "]*[^", r"\s\u200c\u200d\u2800\u3164\ufe00-\ufe0f", hidden!(), "][^", hidden!(), "]*$");

/// `config::locale`.
pub(super) const LOCALE: &str = "^[0-9A-Za-z]{1,8}(?:-[0-9A-Za-z]{1,8})*$";

/// `EmailAddress::parse`.
pub(super) const EMAIL: &str = concat!(r"^[\s\u0085]*", atom!(), r"+(?:\.", atom!(), "+)*@", domain!());

/// `EmailAddress::parse_stored`.
pub(super) const STORED_EMAIL: &str = concat!(r"^[\s\u0085]*[^\s\u0000\u0085][^\u0000]*@", domain!());

/// `entity::roles::is_name`.
pub(in crate::http) const ROLE: &str = "^[a-z0-9_-]+$";

/// A text that a database stores.
pub(in crate::http) const STORABLE: &str = r"^[^\u0000]*$";

/// What a text must be that the pattern is for, if the service does not take it.
pub(super) fn broken(pattern: &str, text: &str) -> Option<&'static str> {
    match pattern {
        NAME if !person_name::is_valid(text) => Some(person_name::RULE),
        LOCALE if config::locale(text).is_err() => Some(config::LOCALE_RULE),
        STORED_EMAIL if EmailAddress::parse_stored(text).is_none() => Some("must look like name@example.com"),
        ROLE if !roles::is_name(text) => Some("must have lower case letters a to z, digits, - and _ only"),
        STORABLE if text.contains('\0') => Some("must not have the character U+0000"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{EMAIL, LOCALE, NAME, STORED_EMAIL};
    use crate::{config, email_address::EmailAddress, person_name};

    fn matches(pattern: &str, text: &str) -> bool {
        jsonschema::is_valid(&json!({ "pattern": pattern }), &json!(text))
    }

    /// Characters at the borders of the classes, and others.
    fn texts() -> impl Strategy<Value = String> {
        let chars = prop_oneof![
            4 => prop::sample::select("aZ0-.@ +_/'\"(),:;<>[]\\\u{7f}\n\t\0".chars().collect::<Vec<_>>()),
            1 => prop::sample::select("\u{80}\u{85}\u{a0}\u{ad}\u{fc}\u{34f}\u{61c}\u{915}\u{94d}\u{200b}\u{200d}\u{202e}".chars().collect::<Vec<_>>()),
            1 => prop::sample::select("\u{2800}\u{3000}\u{3002}\u{3164}\u{fdd0}\u{fe0f}\u{ff0e}\u{ffff}\u{1f469}\u{e0020}".chars().collect::<Vec<_>>()),
            1 => any::<char>(),
        ];
        prop::collection::vec(chars, 0..12).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_the_service_takes_has_the_form(text in texts(), domain in "[a-z0-9.\u{e4}\u{ad}-]{1,8}") {
            prop_assert!(!person_name::is_valid(&text) || matches(NAME, &text));
            prop_assert_eq!(config::locale(&text).is_ok(), text.len() <= 35 && matches(LOCALE, &text));
            for address in [format!("{text}@{domain}"), format!("a@{text}"), text] {
                prop_assert!(EmailAddress::parse(&address).is_err() || matches(EMAIL, &address), "{:?}", address);
                prop_assert!(EmailAddress::parse_stored(&address).is_none() || matches(STORED_EMAIL, &address), "{:?}", address);
            }
        }

        #[test]
        fn what_has_the_form_in_ascii_is_taken(local in "[ -~]{1,6}", domain in "[a-z0-9.@ -]{1,12}", text in "[\0-~]{1,9}") {
            prop_assert_eq!(person_name::is_valid(&text), matches(NAME, &text));
            // Whether hyphens in the third and fourth place announce Punycode takes more than a regular expression.
            let address = format!("{local}@{domain}");
            if !address.contains("--") {
                prop_assert_eq!(EmailAddress::parse(&address).is_ok(), matches(EMAIL, &address), "{:?}", address);
                prop_assert_eq!(EmailAddress::parse_stored(&address).is_some(), matches(STORED_EMAIL, &address), "{:?}", address);
            }
        }
    }

    #[test]
    fn addresses_of_any_language_have_the_form() {
        for address in [
            "\u{fc}@b\u{fc}cher.example",
            " ada@example.com ",
            "a@1-b",
            "ada@localhost",
            "\u{416}@\u{5b98}\u{7f51}.\u{4e2d}\u{56fd}",
        ] {
            assert!(matches(EMAIL, address) && EmailAddress::parse(address).is_ok(), "{address}");
        }
        let label = |length: usize| format!("a@{}.example", "x".repeat(length));
        assert!(matches(EMAIL, &label(63)) && EmailAddress::parse(&label(63)).is_ok());
        assert!(!matches(EMAIL, &label(64)) && EmailAddress::parse(&label(64)).is_err());
    }
}
