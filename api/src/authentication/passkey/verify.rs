//! Verifying what a browser answers, and what the service demands of it.

use entity::{Method, Methods, PasskeyId, SessionId, UnixMillis, UserId, passkey, used_challenge, user};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    MatchedPasskey, VerifyPasskeyError,
    party::Party,
    provider,
    store::{self, Use},
};
use crate::{
    random,
    secret::{ChallengeUse, PasskeyChallenge},
    state::AppState,
    webauthn::{Asserted, Assertion, Flags, PublicKey, Registered},
};

/// How browsers reach authenticators (Web Authentication section 5.8.4).
const TRANSPORTS: [&str; 6] = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];

/// What a user with a passkey is called by who did not name it.
const NAME: &str = "Passkey";

/// What is proved, and by whom.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// The user whose passkey it is.
    pub(crate) user: user::Model,
    /// What the passkey proves.
    pub(crate) methods: Methods,
    /// To be used up.
    pub(crate) matched: MatchedPasskey,
}

impl Attempt {
    /// Verifies a signature. `expected` is the user who has to have made it, if one is known.
    pub(crate) async fn verify(
        state: &AppState,
        credential: Map<String, Value>,
        expected: Option<UserId>,
    ) -> Result<Self, VerifyPasskeyError> {
        Self::of(state, credential, expected).await.map_err(|error| error.recorded(state))
    }

    async fn of(state: &AppState, credential: Map<String, Value>, expected: Option<UserId>) -> Result<Self, VerifyPasskeyError> {
        let now = state.clock.now();
        let mut challenge = None;
        let is_challenge = |bytes: &[u8]| {
            challenge = PasskeyChallenge::parse(&state.secrets, ChallengeUse::Authentication, bytes, now);
            challenge.is_some()
        };
        // Before the database is asked: an answer to no challenge of ours costs a MAC.
        let assertion = Party::of(state).with(|party| Assertion::read(credential, party, is_challenge))?;
        let spent = spent(&challenge.ok_or(VerifyPasskeyError::Used)?);
        let found = store::find(state.db.connection(), &assertion.id).await?;
        let (passkey, user) = found.ok_or(VerifyPasskeyError::Unknown)?;
        let names_user = assertion.user_handle.as_deref() == Some(user.id.0.as_bytes());
        if !names_user || expected.is_some_and(|expected| expected != user.id) {
            return Err(VerifyPasskeyError::OtherUser);
        }
        let asserted = assertion.verify(&PublicKey::parse(&passkey.public_key)?)?;
        let matched = judge(&passkey, asserted, spent, now)?;
        Ok(Self { user, methods: methods(asserted.flags), matched })
    }
}

fn judge(
    passkey: &passkey::Model,
    Asserted { flags, sign_count, is_framed }: Asserted,
    spent: used_challenge::Model,
    at: UnixMillis,
) -> Result<MatchedPasskey, VerifyPasskeyError> {
    demand(flags, is_framed)?;
    if flags.backup_eligible != passkey.backup_eligible {
        return Err(VerifyPasskeyError::Changed);
    }
    // Where a key is on several devices, each counts by itself.
    let counts = !passkey.backup_eligible && (sign_count > 0 || passkey.sign_count > 0);
    if counts && i64::from(sign_count) <= passkey.sign_count {
        return Err(VerifyPasskeyError::Copied(passkey.user_id));
    }
    let used = Use { sign_count, counts, backed_up: flags.backed_up, at };
    Ok(MatchedPasskey { id: passkey.id, spent, used })
}

/// What every answer must establish.
fn demand(flags: Flags, is_framed: bool) -> Result<(), VerifyPasskeyError> {
    if is_framed {
        return Err(VerifyPasskeyError::Framed);
    }
    if flags.user_verified { Ok(()) } else { Err(VerifyPasskeyError::UserNotVerified) }
}

/// A key that can be copied is one in software (RFC 8176).
fn methods(flags: Flags) -> Methods {
    let key = if flags.backup_eligible { Method::SoftwareKey } else { Method::HardwareKey };
    Methods::only(key).with(Method::UserVerified).with(Method::MultiFactor)
}

fn spent(challenge: &PasskeyChallenge) -> used_challenge::Model {
    used_challenge::Model { challenge_hash: challenge.hash(), expires_at: challenge.expires_at() }
}

/// A passkey that was just made, to be stored.
#[derive(Clone, Debug)]
pub(crate) struct NewPasskey {
    pub(crate) row: passkey::Model,
    /// What making it proved.
    pub(crate) methods: Methods,
    pub(crate) spent: used_challenge::Model,
}

/// Verifies a passkey that the user made for the challenge of this session.
pub(crate) fn verify_registration(
    state: &AppState,
    credential: Map<String, Value>,
    user: UserId,
    session: SessionId,
    name: Option<String>,
) -> Result<NewPasskey, VerifyPasskeyError> {
    new_passkey(state, credential, user, session, name).map_err(|error| error.recorded(state))
}

fn new_passkey(
    state: &AppState,
    credential: Map<String, Value>,
    user: UserId,
    session: SessionId,
    name: Option<String>,
) -> Result<NewPasskey, VerifyPasskeyError> {
    let now = state.clock.now();
    let mut challenge = None;
    let is_challenge = |bytes: &[u8]| {
        challenge = PasskeyChallenge::parse(&state.secrets, ChallengeUse::Registration(session), bytes, now);
        challenge.is_some()
    };
    let registered = Party::of(state).with(|party| Registered::verify(credential, party, is_challenge))?;
    demand(registered.flags, registered.is_framed)?;
    let spent = spent(&challenge.ok_or(VerifyPasskeyError::Used)?);
    let aaguid = Uuid::from_bytes(registered.aaguid);
    let transports: Vec<_> =
        TRANSPORTS.into_iter().filter(|known| registered.transports.iter().any(|transport| transport == known)).collect();
    let row = passkey::Model {
        id: PasskeyId(random::uuid_v7(now)),
        user_id: user,
        credential_id: registered.id,
        public_key: registered.public_key.as_cose().to_vec(),
        name: name.unwrap_or_else(|| provider(aaguid).unwrap_or(NAME).to_owned()),
        aaguid,
        transports: transports.join(" "),
        sign_count: registered.sign_count.into(),
        backup_eligible: registered.flags.backup_eligible,
        backed_up: registered.flags.backed_up,
        created_at: now,
        last_used_at: None,
    };
    Ok(NewPasskey { row, methods: methods(registered.flags), spent })
}
