//! Passwords, as people type them.

use std::fmt;

use zeroize::Zeroizing;

/// A password as received: no trimming, no normalisation, no case folding (ASVS 6.2.8). Cannot be printed; wiped when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// What is wrong with a password that somebody wants to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRule {
    /// Fewer code points than this.
    TooShort(usize),
    /// More bytes than this.
    TooLong(usize),
}

impl Password {
    /// Takes what a person typed.
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// Whether it may become somebody's password: the fewest code points, the most bytes.
    pub fn check(&self, min_length: usize, max_bytes: usize) -> Result<(), PasswordRule> {
        if self.0.chars().take(min_length).count() < min_length {
            return Err(PasswordRule::TooShort(min_length));
        }
        if self.0.len() > max_bytes {
            return Err(PasswordRule::TooLong(max_bytes));
        }
        Ok(())
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
    use super::{Password, PasswordRule};

    fn password(typed: &str) -> Password {
        Password::new(typed.to_owned())
    }

    #[test]
    fn asvs_6_2_1_length_counts_code_points_up_and_bytes_down() {
        assert_eq!(password("1234567").check(8, 1024), Err(PasswordRule::TooShort(8)));
        assert_eq!(password("12345678").check(8, 1024), Ok(()));
        assert_eq!(password("🐎🐎🐎🐎🐎🐎🐎").check(8, 1024), Err(PasswordRule::TooShort(8)));
        assert_eq!(password("🐎🐎🐎🐎🐎🐎🐎🐎").check(8, 1024), Ok(()));
        assert_eq!(password(&"🐎".repeat(256)).check(8, 1024), Ok(()));
        assert_eq!(password(&format!("{}x", "🐎".repeat(256))).check(8, 1024), Err(PasswordRule::TooLong(1024)));
        assert_eq!(password("        ").check(8, 1024), Ok(()), "ASVS 6.2.5: any composition");
    }

    #[test]
    fn debug_shows_no_password() {
        assert_eq!(format!("{:?}", password("hunter2secret")), "Password(…)");
    }
}
