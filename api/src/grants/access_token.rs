//! Access tokens: JWTs of RFC 9068. The `sid` names the session, so this service refuses the token as soon as the session ends. A
//! service that verifies with the JWKS alone accepts the token until it expires, for at most `tokens.access_ttl`.

use std::time::Duration;

use entity::{SessionId, UnixMillis};
use jsonwebtoken::{
    Header, Validation,
    errors::{Error as JwtError, ErrorKind},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    config::{Claim, ClaimSource},
    principal::{Principal, UserSnapshot},
    random,
    session_cache::VerifiedToken,
    state::AppState,
};

const TYPE: &str = "at+jwt";

/// The client of an access token that this service issues for itself or for an audience (RFC 9068 section 2.2).
const CLIENT_ID: &str = "bifrons";

/// The claims of RFC 9068 section 2.2, and `sid`. No e-mail address and no name unless `tokens.claims` asks for it, because tokens end up in
/// the logs of other services.
#[derive(Debug, PartialEq, Serialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    exp: i64,
    iat: i64,
    jti: Uuid,
    sid: Uuid,
    auth_time: i64,
    amr: Vec<&'static str>,
    client_id: &'static str,
    roles: Vec<String>,
    /// Those of `tokens.claims`, which have other names.
    #[serde(flatten)]
    further: Map<String, Value>,
}

/// The claims that are read: all of them must be present and of their type, although only some are used.
#[derive(Deserialize)]
#[expect(dead_code, reason = "a token that lacks a claim is refused")]
struct ReadClaims {
    iss: String,
    aud: String,
    sub: Uuid,
    exp: i64,
    iat: i64,
    jti: Uuid,
    sid: Uuid,
    auth_time: i64,
    amr: Vec<String>,
    #[serde(flatten)]
    profile: Profile,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "a token that lacks a claim is refused")]
enum Profile {
    Current {
        client_id: String,
        roles: Vec<String>,
    },
    /// Version 0.1.0. Such tokens expire within `tokens.access_ttl` after an upgrade.
    First {
        role: String,
    },
}

/// Issues an access token for an audience. It never outlives its session.
pub(super) fn issue(
    state: &AppState,
    Principal { session, user }: &Principal,
    audience: &str,
    now: UnixMillis,
) -> Result<(Zeroizing<String>, Duration), JwtError> {
    let keys = state.keys.current();
    let (key, _) = keys.signing(now).ok_or(ErrorKind::MissingAlgorithm)?;
    let expires_at = now.plus(state.config.tokens.access_ttl).min(session.expires_at);
    let claims = Claims {
        iss: state.config.public_url.as_str().to_owned(),
        aud: audience.to_owned(),
        sub: user.id.0,
        exp: expires_at.seconds(),
        iat: now.seconds(),
        jti: random::passing_uuid_v7(now),
        sid: session.id.0,
        auth_time: session.authenticated_at.seconds(),
        amr: session.methods.names().collect(),
        client_id: CLIENT_ID,
        roles: user.roles.names().map(str::to_owned).collect(),
        further: further(&state.config.tokens.claims, user),
    };
    let header = Header { typ: Some(TYPE.to_owned()), kid: Some(key.id.clone()), ..Header::new(key.algorithm.jws()) };
    let token = jsonwebtoken::encode(&header, &claims, &key.private)?;
    Ok((Zeroizing::new(token), expires_at.since(now)))
}

fn further(claims: &[Claim], user: &UserSnapshot) -> Map<String, Value> {
    if claims.is_empty() {
        return Map::new();
    }
    let metadata = user.app_metadata.as_deref().and_then(|metadata| serde_json::from_str::<Map<String, Value>>(metadata).ok());
    let value = |source: &ClaimSource| match source {
        ClaimSource::Email => Some(Value::from(user.email.as_str())),
        ClaimSource::EmailVerified => Some(Value::from(user.email_verified)),
        ClaimSource::AppMetadata(member) => metadata.as_ref()?.get(member).cloned(),
    };
    claims.iter().filter_map(|claim| Some((claim.name.clone(), value(&claim.source)?))).collect()
}

/// Verifies the signature, issuer and audience of an access token for this service, expired or not, and caches that they are right.
pub fn verify(state: &AppState, token: &str) -> Option<VerifiedToken> {
    state.tokens.get(token, || {
        let claims = decode(state, token)?;
        Some(VerifiedToken { session: SessionId(claims.sid), expires_at: claims.exp, authenticated_at: claims.auth_time })
    })
}

/// The key is found by its id and brings its own algorithm: the token's `alg` decides nothing.
fn decode(state: &AppState, token: &str) -> Option<ReadClaims> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    if header.typ.as_deref() != Some(TYPE) {
        return None;
    }
    let keys = state.keys.current();
    let key = keys.find(&header.kid?)?;
    let mut validation = Validation::new(key.algorithm.jws());
    validation.validate_exp = false; // the library reads the system's clock; the caller compares with `Clock`
    validation.set_issuer(&[state.config.public_url.as_str()]);
    validation.set_audience(&[state.config.public_url.as_str()]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    Some(jsonwebtoken::decode::<ReadClaims>(token, &key.public, &validation).ok()?.claims)
}
