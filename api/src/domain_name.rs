//! Domain names as IDNA maps them (UTS 46, then RFC 5890): an A-label for DNS and mail, a U-label for people.

use icu_properties::props::{EnumeratedProperty, GeneralCategory};

/// A domain name that DNS can hold.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DomainName {
    /// With A-labels, in lower case.
    pub(crate) ascii: String,
    /// With U-labels.
    pub(crate) unicode: String,
}

impl DomainName {
    /// Maps what a user typed; `None` for labels that are neither A-labels nor U-labels, and for IPv4 addresses.
    pub(crate) fn parse(typed: &str) -> Option<Self> {
        Self::map(typed).filter(|domain| domain.unicode.split('.').all(is_label))
    }

    /// The same, with labels that UTS 46 accepts and RFC 5892 does not: stored addresses may have them.
    pub(crate) fn map(typed: &str) -> Option<Self> {
        let ascii = idna::domain_to_ascii_strict(typed).ok()?;
        // Resolvers read a domain whose last label is a number as an IPv4 address (WHATWG URL section 3.5).
        let last = ascii.rsplit('.').next().unwrap_or_default();
        if last.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (unicode, valid) = idna::domain_to_unicode(&ascii);
        valid.is_ok().then_some(Self { ascii, unicode })
    }
}

/// Whether RFC 5892 permits all characters. UTS 46 has checked the rest of the label: it also accepts symbols.
fn is_label(label: &str) -> bool {
    label.chars().all(|c| match c {
        // Section 2.6, and the characters with contextual rules.
        '-' | '\u{6FD}' | '\u{6FE}' | '\u{F0B}' | '\u{3007}' | '\u{B7}' | '\u{375}' | '\u{5F3}' | '\u{5F4}' | '\u{30FB}'
        | '\u{200C}' | '\u{200D}' => true,
        '\u{640}' | '\u{7FA}' | '\u{302E}' | '\u{302F}' | '\u{3031}'..='\u{3035}' | '\u{303B}' => false,
        _ => matches!(
            GeneralCategory::for_char(c),
            GeneralCategory::LowercaseLetter
                | GeneralCategory::OtherLetter
                | GeneralCategory::ModifierLetter
                | GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::DecimalNumber
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::DomainName;

    #[test]
    fn domains_are_mapped() {
        for (typed, ascii, unicode) in [
            ("Example.COM", "example.com", "example.com"),
            ("ex\u{ad}ample\u{3002}com", "example.com", "example.com"),
            ("BU\u{308}CHER.example", "xn--bcher-kva.example", "b\u{fc}cher.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example", "b\u{fc}cher.example"),
            ("\u{30c8}\u{30fb}\u{30c8}.example", "xn--fdka6m.example", "\u{30c8}\u{30fb}\u{30c8}.example"),
            (
                "\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}\u{6cc}.com",
                "xn--mgba3gch31f060k.com",
                "\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}\u{6cc}.com",
            ),
        ] {
            let domain = DomainName::parse(typed).unwrap_or_else(|| panic!("{typed:?}"));
            assert_eq!((domain.ascii.as_str(), domain.unicode.as_str()), (ascii, unicode));
            assert!(DomainName::parse(unicode).is_some_and(|again| again == domain));
        }
    }

    #[test]
    fn other_values_are_no_domain() {
        for typed in [
            "",
            "example.com.",
            "-a.example",
            "a b.example",
            "1.2.3.4",
            "i\u{2764}.example",
            "xn--i-7iq.example",
            "xn--a.example",
            "a\u{200d}b.example",
            "a_b.example",
            "a\u{640}.example",
        ] {
            assert!(DomainName::parse(typed).is_none(), "{typed:?}");
        }
    }
}
