//! Access tokens: JWTs of RFC 9068. The `sid` names the session, so our own endpoints see at once that it ended; whoever
//! verifies with the JWKS alone trusts a token for at most `tokens.access_ttl`.

use std::time::Duration;

use entity::{
    SessionId, UnixMillis, session,
    user::{self, Role},
};
use jsonwebtoken::{Header, Validation, errors::Error as JwtError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{random, state::AppState};

const TYPE: &str = "at+jwt";

/// All required; no e-mail address and no name, because tokens end up in logs of other services.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    exp: i64,
    iat: i64,
    jti: Uuid,
    sid: Uuid,
    auth_time: i64,
    amr: Vec<String>,
    role: String,
}

impl Claims {
    pub(super) fn session(&self) -> SessionId {
        SessionId(self.sid)
    }

    pub(super) fn has_expired(&self, now: UnixMillis) -> bool {
        self.exp <= now.seconds()
    }

    /// Whether the session's credential was proved again after this token was made: such a token is void.
    pub(super) fn is_older_than_proof(&self, session: &session::Model) -> bool {
        self.auth_time < session.authenticated_at.seconds()
    }
}

/// Makes an access token, which never outlives its session.
pub(super) fn issue(
    state: &AppState,
    session: &session::Model,
    user: &user::Model,
    now: UnixMillis,
) -> Result<(Zeroizing<String>, Duration), JwtError> {
    let key = state.keys.signing();
    let expires_at = now.plus(state.config.tokens.access_ttl).min(session.expires_at);
    let issuer = state.config.public_url.as_str();
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: issuer.to_owned(),
        sub: user.id.0,
        exp: expires_at.seconds(),
        iat: now.seconds(),
        jti: random::uuid_v7(now),
        sid: session.id.0,
        auth_time: session.authenticated_at.seconds(),
        amr: session.methods.split(' ').map(str::to_owned).collect(),
        role: match user.role {
            Role::User => "user".to_owned(),
            Role::Admin => "admin".to_owned(),
        },
    };
    let header = Header { typ: Some(TYPE.to_owned()), kid: Some(key.id.clone()), ..Header::new(key.algorithm.jws()) };
    let token = jsonwebtoken::encode(&header, &claims, &key.private)?;
    Ok((Zeroizing::new(token), expires_at.since(now)))
}

/// Reads a token that we made for ourselves, expired or not. The key is found by its id and brings its own algorithm: what the
/// token says of algorithms and keys counts for nothing.
pub(super) fn verify(state: &AppState, token: &str) -> Option<Claims> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    if header.typ.as_deref() != Some(TYPE) {
        return None;
    }
    let key = state.keys.find(&header.kid?)?;
    let mut validation = Validation::new(key.algorithm.jws());
    validation.validate_exp = false; // the library would ask the system's clock; `has_expired` asks ours
    validation.set_issuer(&[state.config.public_url.as_str()]);
    validation.set_audience(&[state.config.public_url.as_str()]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    Some(jsonwebtoken::decode::<Claims>(token, &key.public, &validation).ok()?.claims)
}
