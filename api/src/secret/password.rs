//! Passwords, as users type them.

use std::fmt;

use zeroize::Zeroizing;

use crate::unicode::NFC;

/// A password as received: no trimming, no case folding (ASVS 6.2.8). Cannot be printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// The password in NFC, as it is stored and checked (NIST SP 800-63B section 3.1.1.2): keyboards type `é` as one code point or as two.
    #[must_use]
    pub(crate) fn normalized(&self) -> Self {
        // NFC has at most three times as many bytes (UAX 15): the buffer never grows, which would leave a copy behind.
        let mut normalized = Zeroizing::new(String::with_capacity(3 * self.0.len()));
        // Writing to a string does not fail.
        let _ = NFC.normalize_to(&self.0, &mut *normalized);
        Self(normalized)
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Password;

    #[test]
    fn debug_shows_no_password() {
        assert_eq!(format!("{:?}", Password::new("hunter2secret".to_owned())), "Password(…)");
    }

    #[test]
    fn normalization_changes_nothing_but_the_form() {
        let normalized = |typed: &str| Password::new(typed.to_owned()).normalized().text().to_owned();
        assert_eq!(normalized("e\u{301}clair \u{fb01} A "), "\u{e9}clair \u{fb01} A ");
        let longest = "\u{1d160}".repeat(256);
        assert_eq!(normalized(&longest).len(), 3 * longest.len());
    }
}
