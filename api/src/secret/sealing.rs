//! Sealing what the database must not reveal: AES-256-GCM (NIST SP 800-38D) under a key derived from a server secret.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    hmac,
};
use zeroize::Zeroizing;

use super::ServerSecrets;

/// The first byte of what [`ServerSecrets::seal`] returns.
const VERSION: u8 = 1;
/// The name of the secret that sealed it.
const NAME: usize = 4;
const NONCE: usize = 12;

impl ServerSecrets {
    /// Seals with the newest secret: version ‖ name of the secret ‖ nonce ‖ ciphertext ‖ tag. What is sealed for one purpose and one row
    /// opens for no other. `None` if it is too long for the algorithm.
    pub fn seal(&self, purpose: &str, row: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let newest = self.keys_for("seal v1").into_iter().next()?;
        let mut sealed = content.to_vec();
        let nonce = key(&newest)?.seal_in_place_append_tag(Aad::from(context(purpose, row)), &mut sealed).ok()?;
        Some([&[VERSION], name(&newest).as_slice(), nonce.as_ref(), &sealed].concat())
    }

    /// Whether the newest secret sealed this.
    pub fn is_sealed_by_newest(&self, sealed: &[u8]) -> bool {
        let newest = self.keys_for("seal v1").into_iter().next();
        newest.is_some_and(|newest| sealed.strip_prefix(&[VERSION]).is_some_and(|rest| rest.starts_with(&name(&newest))))
    }

    /// The content, if one of the secrets sealed it for this purpose and this row.
    pub fn unseal(&self, purpose: &str, row: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (named, rest) = sealed.strip_prefix(&[VERSION])?.split_first_chunk::<NAME>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let sealing = self.keys_for("seal v1").into_iter().find(|key| name(key) == *named)?;
        let mut content = Zeroizing::new(rest.to_vec());
        let aad = Aad::from(context(purpose, row));
        let length = key(&sealing)?.open_in_place(Nonce::from(nonce), aad, &mut content).ok()?.len();
        content.truncate(length);
        Some(content)
    }
}

fn key(sealing: &hmac::Key) -> Option<RandomizedNonceKey> {
    let key = Zeroizing::new(hmac::sign(sealing, b"key").as_ref().to_vec());
    RandomizedNonceKey::new(&AES_256_GCM, &key).ok()
}

/// Tells which secret sealed, and nothing about it.
fn name(sealing: &hmac::Key) -> [u8; NAME] {
    let mut name = [0; NAME];
    name.copy_from_slice(&hmac::sign(sealing, b"name").as_ref()[..NAME]);
    name
}

/// The length first, so that no two pairs are the same bytes.
fn context(purpose: &str, row: &[u8]) -> Vec<u8> {
    [&(purpose.len() as u64).to_be_bytes(), purpose.as_bytes(), row].concat()
}

#[cfg(test)]
mod tests {
    use crate::secret::ServerSecrets;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_row_alone() {
        let secrets = ServerSecrets::generate();
        let sealed = secrets.seal("mail", b"row", b"a link").unwrap();
        assert_eq!(secrets.unseal("mail", b"row", &sealed).unwrap().as_slice(), b"a link");
        assert!(secrets.unseal("mail", b"another row", &sealed).is_none());
        assert!(secrets.unseal("totp", b"row", &sealed).is_none());
        assert!(secrets.unseal("mai", b"lrow", &sealed).is_none());
        assert!(ServerSecrets::generate().unseal("mail", b"row", &sealed).is_none());
        for bit in 0..sealed.len() * 8 {
            let mut turned = sealed.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(secrets.unseal("mail", b"row", &turned).is_none(), "{bit}");
        }
        for end in 0..sealed.len() {
            assert!(secrets.unseal("mail", b"row", &sealed[..end]).is_none(), "{end}");
        }
        assert_ne!(secrets.seal("mail", b"row", b"a link"), secrets.seal("mail", b"row", b"a link"), "the nonce is random");
    }

    #[test]
    fn every_secret_opens_and_the_newest_seals() {
        let written = |letter: &str| crate::secret::ServerSecret::parse(&(letter.repeat(42) + "A")).unwrap();
        let secrets = |letters: &[&str]| ServerSecrets::new(letters.iter().map(|letter| written(letter)).collect()).unwrap();
        let sealed = secrets(&["A"]).seal("mail", b"row", b"a link").unwrap();
        assert!(secrets(&["B", "A"]).unseal("mail", b"row", &sealed).is_some());
        let newer = secrets(&["B", "A"]).seal("mail", b"row", b"a link").unwrap();
        assert!(secrets(&["A"]).unseal("mail", b"row", &newer).is_none());
        assert!(secrets(&["B"]).unseal("mail", b"row", &newer).is_some());
        let both = secrets(&["B", "A"]);
        assert_eq!([&sealed, &newer].map(|sealed| both.is_sealed_by_newest(sealed)), [false, true]);
    }
}
