//! E-mail addresses: stored as typed, compared in one canonical form.
//!
//! The canonical form folds ASCII letters of the local part and takes the domain through IDNA (UTS 46), as DNS does. Nothing
//! else is folded: `ı` is not `i`, `＠` is not `@`, `+tag` stays. A look-alike is another address, so that mail for one person
//! never opens the account of another (CVE-2019-19844).

use std::fmt;

/// A valid e-mail address.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    typed: String,
    canonical: String,
}

/// The rule that an address breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailRule {
    /// Not of the form `local@domain`, or with characters that mail servers do not accept there.
    Syntax,
    /// The local part is over 64 bytes, or the whole over 254 (RFC 5321 section 4.5.3.1).
    TooLong,
    /// The domain is not one that DNS could hold.
    Domain,
}

impl EmailRule {
    pub fn detail(self) -> &'static str {
        match self {
            Self::Syntax => "must look like name@example.com, without quotes, spaces or brackets",
            Self::TooLong => "must be at most 254 bytes, with at most 64 before the @",
            Self::Domain => "must have a domain name after the @",
        }
    }
}

impl EmailAddress {
    /// Parses what a user typed.
    pub fn parse(typed: &str) -> Result<Self, EmailRule> {
        let (local, domain) = typed.rsplit_once('@').ok_or(EmailRule::Syntax)?;
        if local.is_empty() || local.split('.').any(|atom| atom.is_empty() || !atom.chars().all(is_atext)) {
            return Err(EmailRule::Syntax);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailRule::Domain)?;
        // Resolvers read a domain whose last label is a number as an IPv4 address (WHATWG URL section 3.5).
        let last = domain.rsplit('.').next().unwrap_or_default();
        if last.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(EmailRule::Domain);
        }
        let canonical = format!("{}@{domain}", local.to_ascii_lowercase());
        if local.len() > 64 || canonical.len() > 254 || typed.len() > 254 {
            return Err(EmailRule::TooLong);
        }
        Ok(Self { typed: typed.to_owned(), canonical })
    }

    /// The address in the examples of the specification.
    pub fn example() -> Self {
        let example = "ada@example.com".to_owned();
        Self { canonical: example.clone(), typed: example }
    }

    /// As typed: mail goes there, and the user sees it.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The mailbox that many providers deliver it to, for limits only: one mailbox has any number of addresses with a `+`.
    pub fn mailbox(&self) -> String {
        let (local, domain) = self.canonical.rsplit_once('@').unwrap_or((&self.canonical, ""));
        format!("{}@{domain}", local.split_once('+').map_or(local, |(mailbox, _)| mailbox))
    }

    /// The form in which addresses are unique and looked up.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

/// `atext` of RFC 5322, and what RFC 6531 adds to it: visible characters outside ASCII.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(c)
        || !(c.is_ascii() || c.is_control() || c.is_whitespace() || is_invisible(c))
}

/// Characters without a glyph (Unicode's default-ignorable ones, and blanks that are letters): with them two different addresses
/// look the same.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// An address is personal data: it does not belong in logs.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{EmailAddress, EmailRule};

    fn canonical(typed: &str) -> String {
        EmailAddress::parse(typed).unwrap().canonical().to_owned()
    }

    #[test]
    fn ascii_case_and_idna_fold() {
        assert_eq!(canonical("Ada.Lovelace+x@Example.COM"), "ada.lovelace+x@example.com");
        assert_eq!(canonical("ada@BÜCHER.example"), "ada@xn--bcher-kva.example");
        assert_eq!(canonical("ada@xn--bcher-kva.example"), canonical("ada@bücher.example"));
        assert_eq!(EmailAddress::parse("Ada@Example.COM").unwrap().as_typed(), "Ada@Example.COM");
    }

    #[test]
    fn b_28_look_alikes_in_the_local_part_stay_apart() {
        for (other, ascii) in
            [("mıke", "mike"), ("\u{212A}ate", "kate"), ("ſam", "sam"), ("straße", "strasse"), ("ａda", "ada"), ("İda", "ida")]
        {
            assert_ne!(canonical(&format!("{other}@example.com")), canonical(&format!("{ascii}@example.com")), "{other}");
        }
        assert_eq!(canonical("Жанна@example.com"), "Жанна@example.com", "kept as it is");
        assert_ne!(canonical("Жанна@example.com"), canonical("жанна@example.com"), "only ASCII folds");
    }

    #[test]
    fn what_is_not_an_address() {
        let long = format!("{}@example.com", "a".repeat(65));
        let longest = format!("a@{}.com", "a.".repeat(130));
        for (typed, rule) in [
            ("", EmailRule::Syntax),
            ("ada", EmailRule::Syntax),
            ("@example.com", EmailRule::Syntax),
            ("ada@", EmailRule::Domain),
            ("ada@example.com.", EmailRule::Domain),
            ("ada@exa mple.com", EmailRule::Domain),
            ("ada@[127.0.0.1]", EmailRule::Domain),
            ("ada@-example.com", EmailRule::Domain),
            ("a da@example.com", EmailRule::Syntax),
            ("ada\n@example.com", EmailRule::Syntax),
            ("\"ada\"@example.com", EmailRule::Syntax),
            (".ada@example.com", EmailRule::Syntax),
            ("a..da@example.com", EmailRule::Syntax),
            ("ada@x,bob@example.com", EmailRule::Syntax),
            ("ada@1.2.3.4", EmailRule::Domain),
            ("ada\u{200B}@example.com", EmailRule::Syntax),
            ("ada\u{3164}@example.com", EmailRule::Syntax),
            ("ada\u{61C}@example.com", EmailRule::Syntax),
            ("ada\u{2800}@example.com", EmailRule::Syntax),
            (long.as_str(), EmailRule::TooLong),
            (longest.as_str(), EmailRule::Domain),
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(rule), "{typed:?}");
        }
    }
}
