//! The credentials of a user, in the forms that tests need them in.

use std::time::Duration;

use bifrons::{
    clock::Clock,
    secret::{DeviceToken, KNOWN_FOR},
    sessions::{Credential, Established},
};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use crate::{seeding, testbed::Testbed};

/// An authenticator app.
#[derive(Clone, Debug, Object)]
pub(crate) struct TotpSetup {
    /// The secret in base32.
    pub(crate) secret: String,
    /// The same as an `otpauth:` URI.
    pub(crate) uri: String,
}

/// The credentials of a session.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct Credentials {
    /// The session.
    pub(crate) session_id: Uuid,
    /// The value of a `Cookie` header, in mode `cookie`.
    pub(super) cookie: Option<String>,
    /// What Playwright takes as `storageState`, in mode `cookie`.
    storage_state: Option<StorageState>,
    /// In mode `token`.
    pub(super) tokens: Option<Tokens>,
}

/// What a client in mode `token` holds.
#[derive(Clone, Debug, Object)]
pub(super) struct Tokens {
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    /// Seconds until the access token expires, by the clock of the testbed.
    expires_in: u64,
    device_token: String,
}

/// What Playwright takes as `storageState`.
#[derive(Clone, Debug, Object)]
struct StorageState {
    cookies: Vec<StoredCookie>,
    /// Always empty: Bifrons stores nothing else in browsers.
    origins: Vec<String>,
}

/// A cookie as Playwright takes it.
#[derive(Clone, Debug, Object)]
#[oai(rename_all = "camelCase")]
struct StoredCookie {
    name: String,
    value: String,
    domain: String,
    path: String,
    /// Seconds since 1970 by the browser's clock; -1 until the browser closes.
    expires: i64,
    http_only: bool,
    secure: bool,
    same_site: SameSite,
}

#[derive(Clone, Copy, Debug, Enum)]
enum SameSite {
    Lax,
    None,
}

impl Credentials {
    pub(crate) fn new(testbed: &Testbed, established: &Established, device: &DeviceToken, remember: bool) -> Self {
        let session = &established.principal.session;
        let policy = seeding::cookie_policy(testbed);
        let session_id = session.id.0;
        match &established.credential {
            Credential::Tokens(tokens) => {
                let tokens = Tokens {
                    access_token: tokens.access_token.to_string(),
                    refresh_token: tokens.refresh_token.reveal().to_string(),
                    expires_in: tokens.expires_in.as_secs(),
                    device_token: device.reveal().to_string(),
                };
                Self { session_id, cookie: None, storage_state: None, tokens: Some(tokens) }
            }
            Credential::Cookie(secret) => {
                let value = secret.reveal().to_string();
                let lifetime = remember.then(|| session.expires_at.since(testbed.state.clock.now()));
                let cookie = format!("{}={value}", policy.session_name);
                let host = testbed.state.config.public_url.host();
                let domain = policy.domain.as_ref().map_or_else(|| host.to_owned(), |domain| format!(".{domain}"));
                let stored = |name: &str, value: String, lifetime: Option<Duration>| StoredCookie {
                    name: name.to_owned(),
                    value,
                    domain: domain.clone(),
                    path: "/".to_owned(),
                    // The browser has the time of the system, wherever the clock of the testbed stands.
                    expires: lifetime.map_or(-1, |lifetime| Clock::System.now().plus(lifetime).seconds()),
                    http_only: true,
                    secure: policy.secure,
                    same_site: if policy.cross_site { SameSite::None } else { SameSite::Lax },
                };
                let cookies = vec![
                    stored(policy.session_name, value, lifetime),
                    stored(policy.device_name, device.reveal().to_string(), Some(KNOWN_FOR)),
                ];
                let storage_state = Some(StorageState { cookies, origins: Vec::new() });
                Self { session_id, cookie: Some(cookie), storage_state, tokens: None }
            }
        }
    }
}
