//! What a passkey signs. Pages ask for one at each load, so the service stores none before it is used: a MAC tells its own from others.

use std::time::Duration;

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use entity::{SecretHash, SessionId, UnixMillis};

use super::ServerSecrets;
use crate::random;

/// How long a challenge can be answered.
const VALID_FOR: Duration = Duration::from_secs(600);

const NONCE: usize = 16;
const TIME: usize = 8;
const MAC: usize = 32;

/// What the answer to a challenge does. It does nothing else.
#[derive(Clone, Copy, Debug)]
pub enum ChallengeUse {
    /// It proves who a user is.
    Authentication,
    /// It adds a passkey, in this session.
    Registration(SessionId),
}

/// 16 random bytes ‖ the time at which it expires ‖ MAC of both and of the use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyChallenge([u8; NONCE + TIME + MAC]);

impl PasskeyChallenge {
    /// A new challenge.
    pub fn issue(secrets: &ServerSecrets, used_for: ChallengeUse, now: UnixMillis) -> Self {
        let mut bytes = [0; NONCE + TIME + MAC];
        bytes[..NONCE].copy_from_slice(&random::bytes::<NONCE>());
        bytes[NONCE..NONCE + TIME].copy_from_slice(&now.plus(VALID_FOR).0.to_be_bytes());
        let (claim, mac) = bytes.split_at_mut(NONCE + TIME);
        mac.copy_from_slice(hmac::sign(&secrets.key_for(PURPOSE), &message(claim, used_for)).as_ref());
        Self(bytes)
    }

    /// Reads one that this service issued for this use, and that has not expired.
    pub fn parse(secrets: &ServerSecrets, used_for: ChallengeUse, bytes: &[u8], now: UnixMillis) -> Option<Self> {
        let challenge = Self(bytes.try_into().ok()?);
        let (claim, mac) = challenge.0.split_at(NONCE + TIME);
        let message = message(claim, used_for);
        let is_ours = secrets.keys_for(PURPOSE).iter().any(|key| hmac::verify(key, &message, mac).is_ok());
        (is_ours && now < challenge.expires_at()).then_some(challenge)
    }

    /// For the browser that asked.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// When it expires.
    pub fn expires_at(&self) -> UnixMillis {
        let mut time = [0; TIME];
        time.copy_from_slice(&self.0[NONCE..NONCE + TIME]);
        UnixMillis(i64::from_be_bytes(time))
    }

    /// What is stored once it is used.
    pub fn hash(&self) -> SecretHash {
        SecretHash(digest(&SHA256, &self.0).as_ref().to_vec())
    }
}

const PURPOSE: &str = "challenges of passkeys";

fn message(claim: &[u8], used_for: ChallengeUse) -> Vec<u8> {
    match used_for {
        ChallengeUse::Authentication => [claim, b"a"].concat(),
        ChallengeUse::Registration(session) => [claim, b"r", session.0.as_bytes()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{SessionId, UnixMillis};
    use uuid::Uuid;

    use super::{ChallengeUse, PasskeyChallenge};
    use crate::secret::ServerSecrets;

    #[test]
    fn asvs_6_7_2_a_challenge_serves_its_own_use_for_ten_minutes() {
        let (secrets, now) = (ServerSecrets::generate(), UnixMillis(1_767_258_000_000));
        let [one, other] = [7, 8].map(|id| ChallengeUse::Registration(SessionId(Uuid::from_u128(id))));
        let uses = [ChallengeUse::Authentication, one, other];
        for (index, issued) in uses.into_iter().enumerate() {
            let challenge = PasskeyChallenge::issue(&secrets, issued, now);
            for (at, used_for) in uses.into_iter().enumerate() {
                let parsed = PasskeyChallenge::parse(&secrets, used_for, challenge.as_bytes(), now);
                assert_eq!(parsed.is_some(), at == index, "{issued:?} {used_for:?}");
            }
            let at = |after| PasskeyChallenge::parse(&secrets, issued, challenge.as_bytes(), now.plus(Duration::from_secs(after)));
            assert_eq!((at(599), at(600)), (Some(challenge.clone()), None));
            assert!(PasskeyChallenge::parse(&ServerSecrets::generate(), issued, challenge.as_bytes(), now).is_none());
            for bit in 0..challenge.as_bytes().len() * 8 {
                let mut turned = challenge.as_bytes().to_vec();
                turned[bit / 8] ^= 1 << (bit % 8);
                assert!(PasskeyChallenge::parse(&secrets, issued, &turned, now).is_none(), "{bit}");
            }
        }
        let issue = || PasskeyChallenge::issue(&secrets, ChallengeUse::Authentication, now);
        assert_ne!(issue().as_bytes()[..16], issue().as_bytes()[..16], "128 random bits");
    }
}
