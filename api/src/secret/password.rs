//! Passwords, as users type them.

use std::fmt;

use zeroize::Zeroizing;

/// A password as received: no trimming, no normalisation, no case folding (ASVS 6.2.8). Cannot be printed; wiped when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
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
}
