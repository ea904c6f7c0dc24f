//! The most common passwords.
//!
//! `common.txt`: the 30,000 most frequent passwords in the lists of zxcvbn (Dropbox, MIT licence), which come from leaks collected by
//! Mark Burnett and given to the public domain. Lower case, sorted by byte.

use std::sync::LazyLock;

use super::context::MIN_REST;

static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Whether a password in lower case is one of them, or one with digits and punctuation around it: attackers try `Password1!` as early as
/// `password`.
pub(super) fn is_common(lowercase: &str) -> bool {
    let word = lowercase.trim_matches(|c: char| !c.is_alphanumeric());
    is_listed(lowercase) || is_listed(word) || undecorated(word).is_some_and(is_listed)
}

/// A password without the digits around it, if they are fewer than would make it a password of its own.
fn undecorated(word: &str) -> Option<&str> {
    let undecorated = word.trim_matches(|c: char| !c.is_alphabetic());
    let alphanumeric = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    (alphanumeric(word) - alphanumeric(undecorated) < MIN_REST).then_some(undecorated)
}

fn is_listed(password: &str) -> bool {
    COMMON.binary_search(&password).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{COMMON, is_common};

    #[test]
    fn the_list_can_be_searched() {
        assert!(COMMON.is_sorted());
        let long_enough = COMMON.iter().filter(|password| password.len() >= 8).count();
        assert!(long_enough > 3000, "ASVS 6.2.4: at least the 3,000 most common that are long enough");
    }

    #[test]
    fn decoration_does_not_make_a_common_password_a_rare_one() {
        for common in [
            "password1",
            "qwertyuiop",
            "password1!",
            "!password",
            "dragon99!",
            "2024summer!!",
            "p@ssw0rd12.",
            "abc123!!",
            "love-1234",
        ] {
            assert!(is_common(common), "{common}");
        }
        for rare in ["correct horse battery", "dragon84729!", "zq4817kd", "monkeydragonsummer1!", "1!2?3.4-", "        "] {
            assert!(!is_common(rare), "{rare}");
        }
    }
}
