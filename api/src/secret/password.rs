//! Passwords, as people type them.

use std::fmt;

use zeroize::Zeroizing;

use super::common_passwords;

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
    /// One of those that everybody tries first.
    Common,
    /// Little more than the address, the service or its host.
    Context,
}

impl Password {
    /// Takes what a person typed.
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// Whether it may become somebody's password: the fewest code points, the most bytes, and the words that an attacker would try
    /// for this person (NIST SP 800-63B section 5.1.1.2). Any composition will do.
    pub fn check(&self, min_length: usize, max_bytes: usize, context: &[&str]) -> Result<(), PasswordRule> {
        if self.0.chars().take(min_length).count() < min_length {
            return Err(PasswordRule::TooShort(min_length));
        }
        if self.0.len() > max_bytes {
            return Err(PasswordRule::TooLong(max_bytes));
        }
        let lowercase = Zeroizing::new(self.0.to_lowercase());
        if common_passwords::contains(&lowercase) {
            return Err(PasswordRule::Common);
        }
        if is_little_more_than(&lowercase, context) {
            return Err(PasswordRule::Context);
        }
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// As many characters as must be left of a password when the words that belong to its owner are taken out.
const OF_ITS_OWN: usize = 5;

/// Words shorter than this are in too many passwords by chance.
const WORD: usize = 3;

fn is_little_more_than(lowercase: &str, context: &[&str]) -> bool {
    let mut words: Vec<_> = context.iter().map(|text| text.to_lowercase()).collect();
    words.extend(words.clone().iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).map(str::to_owned));
    words.retain(|word| word.chars().count() >= WORD);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut left = Zeroizing::new(lowercase.to_owned());
    for word in &words {
        left = Zeroizing::new(left.replace(word.as_str(), ""));
    }
    left.len() < lowercase.len() && left.chars().filter(|c| c.is_alphanumeric()).count() < OF_ITS_OWN
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
        assert_eq!(password("1234567").check(8, 1024, &[]), Err(PasswordRule::TooShort(8)));
        assert_eq!(password("zq4817kd").check(8, 1024, &[]), Ok(()));
        assert_eq!(password("🐎🐎🐎🐎🐎🐎🐎").check(8, 1024, &[]), Err(PasswordRule::TooShort(8)));
        assert_eq!(password("🐎🐎🐎🐎🐎🐎🐎🐎").check(8, 1024, &[]), Ok(()));
        assert_eq!(password(&"🐎".repeat(256)).check(8, 1024, &[]), Ok(()));
        assert_eq!(password(&format!("{}x", "🐎".repeat(256))).check(8, 1024, &[]), Err(PasswordRule::TooLong(1024)));
        assert_eq!(password("        ").check(8, 1024, &[]), Ok(()), "ASVS 6.2.5: any composition");
    }

    #[test]
    fn asvs_6_2_4_common_ones_and_those_of_context_are_refused() {
        let check = |typed: &str| password(typed).check(8, 1024, &["ada.lovelace@example.com", "auth.example.org", "Bifrons"]);
        for common in ["password1", "PassWord1", "12345678", "qwertyuiop"] {
            assert_eq!(check(common), Err(PasswordRule::Common), "{common}");
        }
        for context in ["ada.lovelace@example.com", "Lovelace1815", "adalovelace", "bifrons-2026", "Example.org1", "AdaExample!!"] {
            assert_eq!(check(context), Err(PasswordRule::Context), "{context}");
        }
        for fine in ["correct horse battery", "lovelace met babbage", "an example of length", "xkcd-ada-936-tr0ub4dor"] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        assert_eq!(format!("{:?}", password("hunter2secret")), "Password(…)");
    }
}
