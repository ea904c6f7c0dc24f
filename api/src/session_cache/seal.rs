//! What goes through Redis carries a MAC under the server secret: an attacker who can write there can neither sign in nor change what
//! a node caches.

use aws_lc_rs::{constant_time, hmac};

/// Bytes of a MAC (RFC 2104 section 5: at least half of the hash).
const LENGTH: usize = 16;

/// What is sealed, and in which format. It comes first, under the MAC: a message is never taken for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A session and its user, as a node read them.
    Entry = 5,
    /// Changes that a node pushes.
    Message = 3,
}

/// Makes MACs with the first key, and verifies them with each: while the secret is replaced, nodes seal with the old one and the new one.
#[derive(Debug)]
pub(super) struct Seal(pub(super) Vec<hmac::Key>);

impl Seal {
    /// The kind, the content and the MAC.
    pub(super) fn seal(&self, kind: Kind, content: &[u8]) -> Vec<u8> {
        let mut sealed = [&[kind as u8], content].concat();
        let seal = self.0.first().map(|key| hmac::sign(key, &sealed));
        sealed.extend(seal.iter().flat_map(AsRef::as_ref).take(LENGTH));
        sealed
    }

    /// The content, if it is of that kind and its MAC is right.
    pub(super) fn open<'a>(&self, kind: Kind, sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (content, seal) = sealed.split_at_checked(sealed.len().checked_sub(LENGTH)?)?;
        let is_ours = |key| constant_time::verify_slices_are_equal(&hmac::sign(key, content).as_ref()[..LENGTH], seal).is_ok();
        self.0.iter().any(is_ours).then(|| content.strip_prefix(&[kind as u8]))?
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;

    use super::{Kind, Seal};

    #[test]
    fn no_bit_can_be_changed_and_a_message_is_no_entry() {
        let key = |byte| hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32]);
        let seal = Seal(vec![key(7), key(8)]);
        let sealed = seal.seal(Kind::Message, b"so it is");
        assert_eq!(seal.open(Kind::Message, &sealed), Some(&b"so it is"[..]));
        assert_eq!(seal.open(Kind::Entry, &sealed), None);
        for bit in 0..sealed.len() * 8 {
            let mut turned = sealed.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(seal.open(Kind::Message, &turned), None, "{bit}");
        }
        assert_eq!(Seal(vec![key(8)]).open(Kind::Message, &sealed), None);
        assert_eq!(Seal(vec![key(8), key(7)]).open(Kind::Message, &sealed), Some(&b"so it is"[..]), "while the secret is replaced");
        assert_eq!(seal.open(Kind::Message, b"short"), None);
    }
}
