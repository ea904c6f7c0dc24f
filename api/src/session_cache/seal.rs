//! What goes through Redis carries a MAC under the server secret: an attacker who can write there can neither sign in nor change what
//! a node caches.

use aws_lc_rs::{constant_time, hmac};

/// Bytes of a MAC (RFC 2104 section 5: at least half of the hash).
const LENGTH: usize = 16;

/// What is sealed, and in which format. It comes first, under the MAC: a message is never taken for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A session and its user, as a node read them.
    Entry = 4,
    /// Changes that a node pushes.
    Message = 3,
}

/// Makes and verifies MACs.
#[derive(Debug)]
pub(super) struct Seal(pub(super) hmac::Key);

impl Seal {
    /// The kind, the content and the MAC.
    pub(super) fn seal(&self, kind: Kind, content: &[u8]) -> Vec<u8> {
        let mut sealed = [&[kind as u8], content].concat();
        let seal = hmac::sign(&self.0, &sealed);
        sealed.extend(seal.as_ref().iter().take(LENGTH));
        sealed
    }

    /// The content, if it is of that kind and its MAC is right.
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
    fn no_bit_can_be_changed_and_a_message_is_no_entry() {
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
