//! E-mail addresses: shown as typed, compared in one canonical form.
//!
//! The canonical form has the local part in NFC with ASCII letters in lower case, and the domain with A-labels. No other characters are
//! folded: `ı` is not `i`, `＠` is not `@`, `+tag` stays. A look-alike is another address, so that mail for one person never opens the
//! account of another (CVE-2019-19844).

use std::fmt;

use crate::{
    domain_name::DomainName,
    unicode::{is_invisible, nfc},
};

/// The most bytes of an address (RFC 5321 section 4.5.3.1).
pub const MAX_BYTES: usize = 254;

/// The most characters of a label, as it is typed.
const MAX_LABEL: usize = 63;

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
    /// Parses what a user typed. White space around it is ignored: keyboards add it.
    pub fn parse(typed: &str) -> Result<Self, EmailRule> {
        let (local, typed_domain) = typed.trim().rsplit_once('@').ok_or(EmailRule::Syntax)?;
        if local.is_empty() || local.split('.').any(|atom| atom.is_empty() || !atom.chars().all(is_atext)) {
            return Err(EmailRule::Syntax);
        }
        if typed_domain.split('.').any(|label| label.chars().count() > MAX_LABEL) {
            return Err(EmailRule::Domain);
        }
        let domain = DomainName::parse(typed_domain).ok_or(EmailRule::Domain)?;
        let local = normalize(local);
        let address = Self::new(&local, typed_domain, &domain);
        if local.len() > 64 || address.canonical.len() > MAX_BYTES || address.typed.len() > MAX_BYTES {
            return Err(EmailRule::TooLong);
        }
        Ok(address)
    }

    /// What a user typed who may have signed up when the rules were others: any text that could be a stored address.
    pub fn parse_stored(typed: &str) -> Option<Self> {
        let (local, typed_domain) = typed.trim().rsplit_once('@').filter(|(local, _)| !local.is_empty())?;
        let address = Self::new(&normalize(local), typed_domain, &DomainName::map(typed_domain)?);
        // What no column could hold was never stored.
        let fits =
            [&address.typed, &address.canonical].into_iter().all(|text| text.chars().count() <= MAX_BYTES && !text.contains('\0'));
        fits.then_some(address)
    }

    fn new(local: &str, typed_domain: &str, domain: &DomainName) -> Self {
        // DNS ignores the case of ASCII letters, so the user's own is shown.
        let shown_domain = if typed_domain.eq_ignore_ascii_case(&domain.ascii) { typed_domain } else { &domain.unicode };
        Self { typed: format!("{local}@{shown_domain}"), canonical: format!("{}@{}", local.to_ascii_lowercase(), domain.ascii) }
    }

    /// The address in the examples of the specification.
    pub fn example() -> Self {
        let example = "ada@example.com".to_owned();
        Self { canonical: example.clone(), typed: example }
    }

    /// As typed, in NFC, with the domain as IDNA maps it: mail goes there, and the user sees it.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The mailbox that many providers deliver it to, for limits only: they ignore dots and case, and everything after a `+`.
    pub fn mailbox(&self) -> String {
        let (local, domain) = self.canonical.rsplit_once('@').unwrap_or((&self.canonical, ""));
        let mailbox = local.split('+').find(|part| !part.is_empty()).unwrap_or_default();
        let domain = if domain == "googlemail.com" { "gmail.com" } else { domain };
        format!("{}@{domain}", mailbox.replace('.', "").to_lowercase())
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

/// The local part in NFC (RFC 6532 section 3.1). A character that NFC would turn into ASCII stays: `K` (U+212A) looks like `K` and is
/// another address (CVE-2019-19844).
fn normalize(local: &str) -> String {
    let becomes_ascii = |c: char| !c.is_ascii() && nfc(c.encode_utf8(&mut [0; 4])).is_ascii();
    let parts = local.split_inclusive(becomes_ascii).map(|part| match part.char_indices().next_back() {
        Some((at, last)) if becomes_ascii(last) => format!("{}{last}", nfc(&part[..at])),
        _ => nfc(part).into_owned(),
    });
    parts.collect()
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
        assert_eq!(EmailAddress::parse(" Ada@Example.COM\t").unwrap().as_typed(), "Ada@Example.COM");
        assert_eq!(canonical("Rene\u{301}@example.com"), "ren\u{e9}@example.com");
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
    fn aliases_have_one_mailbox() {
        let mailbox = |typed: &str| EmailAddress::parse(typed).unwrap().mailbox();
        for alias in ["ada@gmail.com", "A.da@gmail.com", "ada+x+y@googlemail.com", "+ada@gmail.com"] {
            assert_eq!(mailbox(alias), "ada@gmail.com", "{alias}");
        }
        assert_eq!(mailbox("\u{416}anna@example.com"), mailbox("\u{436}anna@example.com"));
        assert_ne!(mailbox("ada@example.com"), mailbox("ada@example.org"));
    }

    #[test]
    fn an_address_is_found_as_it_was_stored() {
        let found = |typed: &str| EmailAddress::parse_stored(typed).map(|address| address.canonical().to_owned());
        for typed in ["Ada@Example.COM", " rene\u{301}@B\u{fc}cher.example", "\u{212A}ate@example.com"] {
            assert_eq!(found(typed).as_deref(), Some(canonical(typed).as_str()));
        }
        for (typed, stored) in
            [("ada@I\u{2764}.example", "ada@xn--i-7iq.example"), ("a\u{2800}b@example.com", "a\u{2800}b@example.com")]
        {
            assert!(EmailAddress::parse(typed).is_err(), "no user can sign up with it today");
            assert_eq!(found(typed).as_deref(), Some(stored));
        }
        let long = format!("{}@example.com", "a".repeat(254));
        for no_address in ["", "ada", "@example.com", "ada@", "ada@exa mple.com", "a\0b@example.com", &long] {
            assert_eq!(found(no_address), None);
        }
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

    /// RFC 5321 section 4.5.3.1. The form that DNS compares may be longer than what was typed.
    #[test]
    fn an_address_has_at_most_254_bytes_in_either_form_and_64_before_the_at_sign() {
        let parse = |local: usize, domain: String| EmailAddress::parse(&format!("{}@{domain}", "a".repeat(local))).map(|_| ());
        let ascii = |bytes: usize| format!("{}{}.example", "a.".repeat((bytes - 9) / 2), "a".repeat(1 + (bytes - 9) % 2));
        assert_eq!(ascii(189).len(), 189);
        assert_eq!([parse(64, ascii(189)), parse(63, ascii(190))], [Ok(()), Ok(())]);
        assert_eq!([parse(64, ascii(190)), parse(65, ascii(20))], [Err(EmailRule::TooLong); 2]);
        // Three bytes as typed, eight in DNS.
        let unicode = |labels: usize| format!("{}example", "\u{e9}.".repeat(labels));
        assert_eq!([parse(54, unicode(24)), parse(55, unicode(24))], [Ok(()), Err(EmailRule::TooLong)]);
    }
}
