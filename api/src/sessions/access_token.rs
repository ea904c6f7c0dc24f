//! Access tokens: JWTs of RFC 9068. The `sid` names the session, so our own endpoints see at once that it ended; whoever
//! verifies with the JWKS alone trusts a token for at most `tokens.access_ttl`.

use std::time::Duration;

use entity::{SessionId, UnixMillis, user::Role};
use jsonwebtoken::{Header, Validation, errors::Error as JwtError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    cache::{Snapshot, VerifiedToken},
    random,
    state::AppState,
};

const TYPE: &str = "at+jwt";

/// All required; no e-mail address and no name, because tokens end up in logs of other services.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Claims {
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

/// Makes an access token for an audience. It never outlives its session.
pub(super) fn issue(
    state: &AppState,
    Snapshot { session, user }: &Snapshot,
    audience: &str,
    now: UnixMillis,
) -> Result<(Zeroizing<String>, Duration), JwtError> {
    let key = state.keys.signing();
    let expires_at = now.plus(state.config.tokens.access_ttl).min(session.expires_at);
    let claims = Claims {
        iss: state.config.public_url.as_str().to_owned(),
        aud: audience.to_owned(),
        sub: user.id.0,
        exp: expires_at.seconds(),
        iat: now.seconds(),
        jti: random::uuid_v7(now),
        sid: session.id.0,
        auth_time: session.authenticated_at.seconds(),
        amr: session.methods.split(' ').map(str::to_owned).collect(),
        role: role(user.role).to_owned(),
    };
    let header = Header { typ: Some(TYPE.to_owned()), kid: Some(key.id.clone()), ..Header::new(key.algorithm.jws()) };
    let token = jsonwebtoken::encode(&header, &claims, &key.private)?;
    Ok((Zeroizing::new(token), expires_at.since(now)))
}

/// What a role is called in tokens and headers.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Admin => "admin",
    }
}

/// Reads a token that we made for ourselves, expired or not, and remembers that its signature was good.
pub(super) fn verify(state: &AppState, token: &str) -> Option<VerifiedToken> {
    state.tokens.get(token, || {
        let claims = decode(state, token)?;
        Some(VerifiedToken { session: SessionId(claims.sid), expires_at: claims.exp, authenticated_at: claims.auth_time })
    })
}

/// Reads a token that we made for ourselves. The key is found by its id and brings its own algorithm: what the
/// token says of algorithms and keys counts for nothing.
fn decode(state: &AppState, token: &str) -> Option<Claims> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    if header.typ.as_deref() != Some(TYPE) {
        return None;
    }
    let key = state.keys.find(&header.kid?)?;
    let mut validation = Validation::new(key.algorithm.jws());
    validation.validate_exp = false; // the library would ask the system's clock; whoever asks for the claims asks ours
    validation.set_issuer(&[state.config.public_url.as_str()]);
    validation.set_audience(&[state.config.public_url.as_str()]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    Some(jsonwebtoken::decode::<Claims>(token, &key.public, &validation).ok()?.claims)
}
