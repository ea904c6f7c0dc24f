//! Base32 (RFC 4648 section 6) without padding: what authenticator apps take, and what a person can type.

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use crate::unicode::is_separator;

/// Five bytes are eight characters.
pub(super) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(BASE32_NOPAD.encode(bytes))
}

/// Reads both cases, and ignores hyphens and white space of any kind: programs that format text replace both. `None` at another character,
/// and if the last one is more than the bytes need.
pub(super) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let typed = text.chars().filter(|typed| !is_separator(*typed));
    let typed = Zeroizing::new(typed.map(|typed| typed.to_ascii_uppercase()).collect::<String>());
    BASE32_NOPAD.decode(typed.as_bytes()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn rfc_4648_section_10() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode(bytes.as_bytes()).as_str(), text);
            assert_eq!(decode(text).unwrap().as_slice(), bytes.as_bytes());
        }
        for typed in ["mzxw-6ytb OI", "MZXW\u{2011}6YTB\u{a0}OI", "MZXW\u{2013}6YTB\u{3000}OI\n", "\u{2212}MZXW6YTBOI"] {
            assert_eq!(decode(typed).unwrap().as_slice(), b"foobar", "{typed}");
        }
        for wrong in ["1", "0", "8", "=", "MZ\u{fc}", "\u{212a}", "M", "MZ", "MZXW6YTBA"] {
            assert!(decode(wrong).is_none(), "{wrong}");
        }
    }
}
