//! What goes through Redis is sealed under the server secret: whoever can write there can neither sign anybody in nor make nodes
//! believe anything.

use aws_lc_rs::{constant_time, hmac};

/// Bytes of a seal (RFC 2104 section 5: at least half of the hash).
const LENGTH: usize = 16;

/// What is sealed, and how it is written. It comes first, under the seal: a message is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A session and its user, as some node read them.
    Entry = 2,
    /// What one node says to the others.
    Message = 3,
}

/// Makes seals, and looks at them.
#[derive(Debug)]
pub(super) struct Seal(pub(super) hmac::Key);

impl Seal {
    /// The content with its kind before it and its seal behind.
    pub(super) fn seal(&self, kind: Kind, content: &[u8]) -> Vec<u8> {
        let mut sealed = [&[kind as u8], content].concat();
        let seal = hmac::sign(&self.0, &sealed);
        sealed.extend(seal.as_ref().iter().take(LENGTH));
        sealed
    }

    /// The content, if it is of that kind and its seal is whole.
    pub(super) fn open<'a>(&self, kind: Kind, sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (content, seal) = sealed.split_at_checked(sealed.len().checked_sub(LENGTH)?)?;
        let expected = hmac::sign(&self.0, content);
        constant_time::verify_slices_are_equal(expected.as_ref().get(..LENGTH)?, seal).ok()?;
        content.strip_prefix(&[kind as u8])
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;

    use super::{Kind, Seal};

    #[test]
    fn no_bit_can_be_turned_and_a_message_is_no_entry() {
        let seal = Seal(hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]));
        let sealed = seal.seal(Kind::Message, b"so it is");
        assert_eq!(seal.open(Kind::Message, &sealed), Some(&b"so it is"[..]));
        assert_eq!(seal.open(Kind::Entry, &sealed), None);
        for bit in 0..sealed.len() * 8 {
            let mut turned = sealed.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(seal.open(Kind::Message, &turned), None, "{bit}");
        }
        assert_eq!(Seal(hmac::Key::new(hmac::HMAC_SHA256, &[8; 32])).open(Kind::Message, &sealed), None);
        assert_eq!(seal.open(Kind::Message, b"short"), None);
    }
}
