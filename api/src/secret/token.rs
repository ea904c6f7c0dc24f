//! The credentials that clients hold. Each starts with the id of its record; the rest proves that the holder is the one it was issued to.

use std::fmt;

use aws_lc_rs::{constant_time, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::{AdminKeyId, ChallengeId, GrantId, OneTimeTokenId, SecretHash, Seed, SessionId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::ServerSecrets;
use crate::random;

/// The prefix of a session cookie's value: people and secret scanners recognize it.
pub const SESSION_COOKIE_PREFIX: &str = "bfs_";
/// The prefix of a refresh token.
pub const REFRESH_TOKEN_PREFIX: &str = "bfr_";
/// The prefix of a token in a mail.
const ONE_TIME_TOKEN_PREFIX: &str = "bfo_";
/// The prefix of a challenge.
const CHALLENGE_PREFIX: &str = "bfc_";
/// The prefix of an admin key.
pub const ADMIN_KEY_PREFIX: &str = "bfa_";

const ID: usize = 16;

/// 32 random bytes. The database has their hash.
#[derive(Clone)]
struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    fn new() -> Self {
        Self(Zeroizing::new(random::bytes()))
    }

    /// A plain hash suffices for 256 random bits: they cannot be guessed (ASVS 6.5.2).
    fn hash(&self) -> SecretHash {
        SecretHash(digest::digest(&digest::SHA256, self.0.as_slice()).as_ref().to_vec())
    }

    /// In constant time.
    fn matches(&self, stored: &SecretHash) -> bool {
        constant_time::verify_slices_are_equal(&self.hash().0, &stored.0).is_ok()
    }
}

macro_rules! id_and_secret {
    ($(#[doc = $doc:literal])+ $token:ident { $(#[doc = $id_doc:literal])+ $id:ident: $Id:ident }, $prefix:ident) => {
        $(#[doc = $doc])+
        #[derive(Clone)]
        pub struct $token {
            $(#[doc = $id_doc])+
            pub $id: $Id,
            secret: Secret,
        }

        impl $token {
            /// A new secret. The one before becomes invalid once [`Self::hash`] is stored.
            pub fn new($id: $Id) -> Self {
                Self { $id, secret: Secret::new() }
            }

            /// Reads what [`Self::reveal`] writes, and nothing else.
            pub fn parse(value: &str) -> Option<Self> {
                let bytes: Zeroizing<[u8; 48]> = decode($prefix, value)?;
                let (id, secret) = bytes.split_at(ID);
                let secret = Secret(Zeroizing::new(secret.try_into().ok()?));
                Some(Self { $id: $Id(Uuid::from_slice(id).ok()?), secret })
            }

            /// For the holder alone.
            pub fn reveal(&self) -> Zeroizing<String> {
                encode($prefix, &[self.$id.0.as_bytes(), self.secret.0.as_slice()])
            }

            /// The hash to store.
            pub fn hash(&self) -> SecretHash {
                self.secret.hash()
            }

            /// Whether `stored` is the hash of this one, in constant time.
            pub fn matches(&self, stored: &SecretHash) -> bool {
                self.secret.matches(stored)
            }
        }
    };
}

id_and_secret! {
    /// The value of a session cookie: `bfs_` + base64url(session id ‖ 32 random bytes).
    SessionCookie {
        /// Finds the session.
        session: SessionId
    },
    SESSION_COOKIE_PREFIX
}

id_and_secret! {
    /// A one-time token, sent by mail: `bfo_` + base64url(its id ‖ 32 random bytes). Its row says what it is good for.
    OneTimeToken {
        /// Finds the row.
        id: OneTimeTokenId
    },
    ONE_TIME_TOKEN_PREFIX
}

id_and_secret! {
    /// A challenge: `bfc_` + base64url(its id ‖ 32 random bytes). It opens nothing without a second factor.
    ChallengeToken {
        /// Finds the row.
        id: ChallengeId
    },
    CHALLENGE_PREFIX
}

id_and_secret! {
    /// An admin key: `bfa_` + base64url(its id ‖ 32 random bytes). Its row says what it may do.
    AdminKey {
        /// Finds the row.
        id: AdminKeyId
    },
    ADMIN_KEY_PREFIX
}

/// A refresh token: `bfr_` + base64url(grant id ‖ generation ‖ MAC).
///
/// It is derived, not stored: every holder of generation `n` gets the same generation `n + 1`, however many requests ask at once and
/// however often an answer is lost. The MAC's key comes from the server secret and the grant's seed, so neither alone makes a token.
pub struct RefreshToken {
    /// Finds the grant.
    pub grant: GrantId,
    /// Counts the rotations of the grant; the row says which one is valid.
    pub generation: i64,
    mac: [u8; 32],
}

impl RefreshToken {
    /// The token of `generation`.
    pub fn derive(secrets: &ServerSecrets, seed: &Seed, grant: GrantId, generation: i64) -> Self {
        Self { grant, generation, mac: secrets.mac(seed, &Self::claim(grant, generation)) }
    }

    /// Reads a token; `None` if it is not of the form that [`Self::reveal`] writes.
    pub fn parse(value: &str) -> Option<Self> {
        let bytes: Zeroizing<[u8; 52]> = decode(REFRESH_TOKEN_PREFIX, value)?;
        let (id, rest) = bytes.split_at(ID);
        let (generation, mac) = rest.split_at(4);
        Some(Self {
            grant: GrantId(Uuid::from_slice(id).ok()?),
            generation: i32::from_be_bytes(generation.try_into().ok()?).into(),
            mac: mac.try_into().ok()?,
        })
    }

    /// The token, for the client that holds the grant.
    pub fn reveal(&self) -> Zeroizing<String> {
        encode(REFRESH_TOKEN_PREFIX, &[self.grant.0.as_bytes(), &four_bytes(self.generation), &self.mac])
    }

    /// Whether this service made the token for the grant with `seed`, under any of its secrets.
    pub fn is_genuine(&self, secrets: &ServerSecrets, seed: &Seed) -> bool {
        secrets.verify_mac(seed, &Self::claim(self.grant, self.generation), &self.mac)
    }

    fn claim(grant: GrantId, generation: i64) -> Vec<u8> {
        [b"bifrons refresh token".as_slice(), grant.0.as_bytes(), &four_bytes(generation)].concat()
    }
}

/// A token has four bytes for its generation: refreshed once a second, they last for 68 years.
fn four_bytes(generation: i64) -> [u8; 4] {
    i32::try_from(generation).unwrap_or(i32::MAX).to_be_bytes()
}

fn encode(prefix: &str, parts: &[&[u8]]) -> Zeroizing<String> {
    let mut value = Zeroizing::new(prefix.to_owned());
    URL_SAFE_NO_PAD.encode_string(Zeroizing::new(parts.concat()).as_slice(), &mut value);
    value
}

fn decode<const N: usize>(prefix: &str, value: &str) -> Option<Zeroizing<[u8; N]>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(value.strip_prefix(prefix)?).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

macro_rules! redacted_debug {
    ($($token:ident),*) => {$(
        impl fmt::Debug for $token {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($token), "(…)"))
            }
        }
    )*};
}
redacted_debug!(SessionCookie, RefreshToken, OneTimeToken, ChallengeToken, AdminKey);

#[cfg(test)]
mod tests {
    use entity::{GrantId, Seed, SessionId, UnixMillis};

    use super::{AdminKey, ChallengeToken, OneTimeToken, RefreshToken, SessionCookie};
    use crate::{random, secret::ServerSecrets};

    fn a_session() -> SessionId {
        SessionId(random::uuid_v7(UnixMillis(1_700_000_000_000)))
    }

    fn a_grant() -> GrantId {
        GrantId::of(a_session())
    }

    #[test]
    fn a_session_cookie_is_read_back_and_matches_only_its_own_hash() {
        let cookie = SessionCookie::new(a_session());
        let read = SessionCookie::parse(&cookie.reveal()).unwrap();
        assert_eq!(read.session, cookie.session);
        assert!(read.matches(&cookie.hash()));
        assert!(!read.matches(&SessionCookie::new(cookie.session).hash()));
        assert_eq!(cookie.reveal().len(), 4 + 64);
    }

    #[test]
    fn b_06_a_credential_of_one_kind_is_not_parsed_as_another() {
        let secrets = ServerSecrets::generate();
        let cookie = SessionCookie::new(a_session()).reveal();
        let refresh = RefreshToken::derive(&secrets, &Seed(vec![7; 32]), a_grant(), 3).reveal();
        assert!(RefreshToken::parse(&cookie).is_none());
        assert!(SessionCookie::parse(&refresh).is_none());
        assert!(RefreshToken::parse(&cookie.replace("bfs_", "bfr_")).is_none());
        assert!(OneTimeToken::parse(&cookie).is_none() && ChallengeToken::parse(&cookie).is_none());
        assert!(AdminKey::parse(&cookie).is_none());
    }

    #[test]
    fn a_refresh_token_needs_server_secret_and_seed() {
        let (secrets, others) = (ServerSecrets::generate(), ServerSecrets::generate());
        let (seed, other_seed) = (Seed(vec![7; 32]), Seed(vec![8; 32]));
        let token = RefreshToken::derive(&secrets, &seed, a_grant(), 3);
        let read = RefreshToken::parse(&token.reveal()).unwrap();
        assert_eq!((read.grant, read.generation), (token.grant, 3));
        assert!(read.is_genuine(&secrets, &seed));
        assert!(!read.is_genuine(&others, &seed));
        assert!(!read.is_genuine(&secrets, &other_seed));
        let next = RefreshToken { generation: 4, ..RefreshToken::parse(&token.reveal()).unwrap() };
        assert!(!next.is_genuine(&secrets, &seed), "the generation is under the MAC");
    }

    #[test]
    fn debug_shows_no_secret() {
        let cookie = SessionCookie::new(a_session());
        assert_eq!(format!("{cookie:?}"), "SessionCookie(…)");
        let token = RefreshToken::derive(&ServerSecrets::generate(), &Seed(vec![7; 32]), a_grant(), 3);
        assert_eq!(format!("{token:?}"), "RefreshToken(…)");
    }
}
