//! The rules for a new password: long enough, and not one that an attacker tries first (NIST SP 800-63B section 3.1.1.2). There are
//! no rules of composition, and no password expires.

mod breached;
mod common;
mod context;

use zeroize::Zeroizing;

use breached::Breached;
pub use breached::BreachedError;

use crate::{config::Config, secret::Password};

/// The rule that a new password breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRule {
    /// Fewer code points than this.
    TooShort(usize),
    /// More bytes than this.
    TooLong(usize),
    /// One of the most common passwords, with or without digits and punctuation around it.
    Common,
    /// Little more than the e-mail address, the product or its host.
    Context,
    /// Listed by the breach service.
    Breached,
}

impl PasswordRule {
    /// What the password must be.
    pub fn detail(self) -> String {
        match self {
            Self::TooShort(min) => format!("must have at least {min} characters"),
            Self::TooLong(max) => format!("must have at most {max} bytes"),
            Self::Common => "must not be one of the most common passwords".to_owned(),
            Self::Context => "must be more than the address, the name of the service or its host".to_owned(),
            Self::Breached => "must not be known from a data breach".to_owned(),
        }
    }
}

/// Checks new passwords.
#[derive(Debug)]
pub struct PasswordRules {
    min_length: usize,
    max_bytes: usize,
    host: String,
    breached: Option<Breached>,
}

/// The name of the product: people put it into their password for it.
const PRODUCT: &str = "bifrons";

impl PasswordRules {
    pub fn new(config: &Config) -> Result<Self, BreachedError> {
        let passwords = &config.passwords;
        Ok(Self {
            min_length: passwords.min_length,
            max_bytes: passwords.max_bytes,
            host: config.public_url.host().to_owned(),
            breached: passwords.breached.as_ref().map(Breached::new).transpose()?,
        })
    }

    /// Checks a new password of a user with this e-mail address, by all rules that need no request.
    pub fn check(&self, password: &Password, email: &str) -> Result<(), PasswordRule> {
        let password = password.normalized();
        let text = password.text();
        if text.chars().take(self.min_length).count() < self.min_length {
            return Err(PasswordRule::TooShort(self.min_length));
        }
        if text.len() > self.max_bytes {
            return Err(PasswordRule::TooLong(self.max_bytes));
        }
        let lowercase = Zeroizing::new(text.to_lowercase());
        if common::is_common(&lowercase) {
            return Err(PasswordRule::Common);
        }
        if context::is_most_of(&lowercase, &[email, &self.host, PRODUCT]) {
            return Err(PasswordRule::Context);
        }
        Ok(())
    }

    /// Whether the breach service lists the password; false if none is configured. Asked last: it needs a request.
    pub async fn is_breached(&self, password: &Password) -> Result<bool, BreachedError> {
        match &self.breached {
            Some(breached) => breached.contains(&password.normalized()).await,
            None => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PasswordRule, PasswordRules};
    use crate::secret::Password;

    fn check(typed: &str) -> Result<(), PasswordRule> {
        let rules = PasswordRules { min_length: 8, max_bytes: 1024, host: "auth.example.org".to_owned(), breached: None };
        rules.check(&Password::new(typed.to_owned()), "ada.lovelace@example.com")
    }

    #[test]
    fn asvs_6_2_1_length_counts_code_points_up_and_bytes_down() {
        assert_eq!(check("zq4817k"), Err(PasswordRule::TooShort(8)));
        assert_eq!(check("zq4817kd"), Ok(()));
        assert_eq!(check("🐎🐎🐎🐎🐎🐎🐎"), Err(PasswordRule::TooShort(8)));
        assert_eq!(check("🐎🐎🐎🐎🐎🐎🐎🐎"), Ok(()));
        assert_eq!(check(&"🐎".repeat(256)), Ok(()));
        assert_eq!(check(&format!("{}x", "🐎".repeat(256))), Err(PasswordRule::TooLong(1024)));
        assert_eq!(check("        "), Ok(()), "ASVS 6.2.5: any composition");
        assert_eq!(check(&"e\u{301}".repeat(7)), Err(PasswordRule::TooShort(8)), "counted in NFC");
    }

    #[test]
    fn asvs_6_2_4_and_6_2_11_common_ones_and_those_of_context_are_refused() {
        for common in ["password1", "PassWord1", "12345678", "qwertyuiop", "Password1!", "Dragon1!"] {
            assert_eq!(check(common), Err(PasswordRule::Common), "{common}");
        }
        for context in ["ada.lovelace@example.com", "Lovelace1815", "adalovelace", "bifrons-2026", "Example.org1", "AdaExample!!"] {
            assert_eq!(check(context), Err(PasswordRule::Context), "{context}");
        }
        for fine in ["correct horse battery", "lovelace met babbage", "an example of length", "xkcd-ada-936-tr0ub4dor"] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
    }
}
