//! Base32 (RFC 4648 section 6) without padding: what authenticator apps take, and what a person can type.

use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Five bytes are eight characters.
pub(super) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let (mut text, mut bits, mut held) = (Zeroizing::new(String::with_capacity(bytes.len().div_ceil(5) * 8)), 0_u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(ALPHABET[(bits >> held & 31) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(ALPHABET[(bits << (5 - held) & 31) as usize]));
    }
    text
}

/// Reads both cases, and ignores hyphens and white space. `None` at another character, and if the last one is more than the bytes need.
pub(super) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (mut bytes, mut bits, mut held) = (Zeroizing::new(Vec::with_capacity(text.len())), 0_u32, 0);
    for typed in text.bytes().filter(|typed| *typed != b'-' && !typed.is_ascii_whitespace()) {
        let value = ALPHABET.iter().position(|known| *known == typed.to_ascii_uppercase())?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    let left = bits & ((1 << held) - 1);
    (held < 5 && left == 0).then_some(bytes)
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
        assert_eq!(decode("mzxw-6ytb OI").unwrap().as_slice(), b"foobar");
        for wrong in ["1", "0", "8", "=", "MZ\u{fc}", "\u{212a}", "M", "MZ", "MZXW6YTBA"] {
            assert!(decode(wrong).is_none(), "{wrong}");
        }
    }
}
