//! Access and refresh tokens.

use std::time::Duration;

use super::{
    claims::Claim,
    reader::Reader,
    values::{duration, number},
};
use crate::secret::{Algorithm, ServerSecret};

/// The audience of `mintAccessToken` when none is configured.
pub const DEFAULT_AUDIENCE: &str = "services";

/// Access and refresh tokens.
#[derive(Clone, Debug)]
pub struct TokensConfig {
    /// How long an access token is valid.
    pub access_ttl: Duration,
    /// How long after a rotation the previous refresh token still yields its successor.
    pub refresh_grace: Duration,
    pub algorithm: Algorithm,
    /// Other services that tokens may be issued for: the allowed values of `aud`.
    pub audiences: Vec<String>,
    pub verification: Verification,
    /// Claims beside those of RFC 9068.
    pub claims: Vec<Claim>,
    /// How long a signing key signs; `None`: until `bifrons keys rotate`.
    pub key_rotation: Option<Duration>,
    /// Server secrets, newest first. Empty: those of the key file in the data folder.
    pub secrets: Vec<ServerSecret>,
}

/// How our own endpoints verify an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Also require a live session: a revoked session takes effect immediately.
    Session,
    /// Check signature and expiry only, as other services do.
    Stateless,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

const SECRET: &str =
    "write 32 random bytes in base64url: 43 characters, as `openssl rand 32 | basenc --base64url | tr -d =` prints them";

impl TokensConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let access_ttl = reader.one("tokens.access_ttl", "10m", "How long an access token is valid: 1m to 1h.", |text| {
            let ttl = duration(text)?;
            number(&ttl.as_secs().to_string(), 60..=3600).map_err(|_| "write 1m to 1h".to_owned()).map(|_: u64| ttl)
        });
        let refresh_grace = reader.one(
            "tokens.refresh_grace",
            "10s",
            "How long a used refresh token still yields its successor, for clients that lost the response: 0s to 30s.",
            |text| {
                let grace = duration(text)?;
                if grace > Duration::from_secs(30) { Err("write 0s to 30s".to_owned()) } else { Ok(grace) }
            },
        );
        let algorithm = reader.one("tokens.algorithm", "EdDSA", "Signature algorithm of access tokens: EdDSA or ES256.", |text| {
            Algorithm::named(text).ok_or_else(|| "write EdDSA or ES256".to_owned())
        });
        let about = "Other services that `mintAccessToken` issues tokens for: the `aud` they expect.";
        let audiences = reader.list_or("tokens.audiences", DEFAULT_AUDIENCE, about, |text| {
            let fits = !text.is_empty() && text.len() <= 255 && !text.chars().any(|c| c.is_whitespace() || c.is_control());
            if fits {
                Ok(text.to_owned())
            } else {
                Err("write the `aud` that the service expects: at most 255 characters, no spaces".to_owned())
            }
        });
        let about = "How this service verifies an access token. `session`: also require a live session. `stateless`: check signature and expiry only.";
        let verification = reader.one("tokens.verification", "session", about, |text| match text {
            "session" => Ok(Verification::Session),
            "stateless" => Ok(Verification::Stateless),
            _ => Err("write session or stateless".to_owned()),
        });
        let about = "Claims that access tokens carry too: email, email_verified, a member of app_metadata, or CLAIM=MEMBER.";
        let claims = reader.list("tokens.claims", about, Claim::parse);
        let key_rotation = key_rotation(reader);
        let secrets = secrets(reader);
        Self {
            access_ttl: access_ttl.unwrap_or_default(),
            refresh_grace: refresh_grace.unwrap_or_default(),
            algorithm: algorithm.unwrap_or(Algorithm::EdDsa),
            audiences,
            verification: verification.unwrap_or(Verification::Session),
            claims,
            key_rotation,
            secrets,
        }
    }
}

fn key_rotation(reader: &mut Reader) -> Option<Duration> {
    let about = "How long a signing key signs before the next one does: 1d to 400d, or `off`.";
    let every = reader.one("tokens.key_rotation", "90d", about, |text| {
        let wrong = || "write 1d to 400d, or off".to_owned();
        if text == "off" {
            return Ok(None);
        }
        duration(text).ok().filter(|every| *every >= DAY).map(Some).ok_or_else(wrong)
    });
    every.flatten()
}

fn secrets(reader: &mut Reader) -> Vec<ServerSecret> {
    let given = reader.is_given("tokens.secrets");
    let secrets = reader.list(
        "tokens.secrets",
        "Server secrets, newest first, each 32 bytes in base64url. Unset: `bifrons.key` in the data folder.",
        |text| ServerSecret::parse(text).ok_or_else(|| SECRET.to_owned()),
    );
    reader.secret();
    if given == Some(0) {
        // A failed secret injection must not create a key that only this node has.
        reader.reject("tokens.secrets", format!("is empty; {SECRET}, or leave it out"));
    }
    secrets
}
