//! The most common passwords.
//!
//! `common.txt`: those of at least eight characters among the 30,000 most frequent in the lists of zxcvbn (Dropbox, MIT
//! licence), which come from leaks collected by Mark Burnett and given to the public domain. Lower case, sorted by byte.

use std::sync::LazyLock;

static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Whether a password in lower case is one of them.
pub(super) fn contains(lowercase: &str) -> bool {
    COMMON.binary_search(&lowercase).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{COMMON, contains};

    #[test]
    fn the_list_can_be_searched() {
        assert!(COMMON.is_sorted());
        assert!(COMMON.len() > 3000, "ASVS 6.2.4: at least the 3,000 most common that are long enough");
        assert!(contains("password1") && contains("qwertyuiop") && !contains("correct horse battery"));
    }
}
