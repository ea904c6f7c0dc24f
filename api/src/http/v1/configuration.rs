//! What a frontend asks before it shows its forms.

use poem_openapi::{Enum, Object, OpenApi, types::Example};
use serde::Serialize;

use super::tag::Tag;
use crate::{
    config::RegistrationConfig,
    http::{request::State, response::reply::Reply},
};

/// How users sign up.
#[derive(Clone, Copy, Debug, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum RegistrationMode {
    /// The user exists after `registerUser`.
    Open,
    /// The user exists after the address is confirmed by the link in a mail.
    Verified,
}

/// What proves who a user is.
#[derive(Clone, Copy, Debug, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum SignInMethod {
    /// `signIn` with a password.
    Password,
    /// `signInWithPasskey`: the service has a domain name that browsers bind passkeys to.
    Passkey,
}

/// The lengths of a new password.
#[derive(Object, Serialize)]
#[oai(example)]
struct PasswordLengths {
    /// Minimum number of characters (code points).
    min_length: i32,
    /// Maximum number of bytes in UTF-8.
    max_bytes: i32,
}

impl Example for PasswordLengths {
    fn example() -> Self {
        Self { min_length: 8, max_bytes: 1024 }
    }
}

/// What this service is configured to do, as far as a frontend shows it.
// Not `Configuration`: clients that generators write have a type of that name.
#[derive(Object, Serialize)]
#[oai(example)]
struct ServiceConfiguration {
    registration: RegistrationMode,
    /// The ways to sign in.
    sign_in_methods: Vec<SignInMethod>,
    password: PasswordLengths,
    /// The services that `mintAccessToken` issues tokens for. The first is the default.
    audiences: Vec<String>,
    /// How many seconds after `deleteMe` an account is deleted; a sign-in before then keeps it. 0 deletes it immediately.
    deletion_grace: i32,
}

impl Example for ServiceConfiguration {
    fn example() -> Self {
        Self {
            registration: RegistrationMode::Open,
            sign_in_methods: vec![SignInMethod::Password, SignInMethod::Passkey],
            password: PasswordLengths::example(),
            audiences: vec!["services".to_owned()],
            deletion_grace: 0,
        }
    }
}

pub(in crate::http) struct ConfigurationApi;

#[OpenApi(prefix_path = "/v1/configuration", tag = "Tag::Configuration")]
impl ConfigurationApi {
    /// Get the configuration
    ///
    /// Answers what this service is configured to do, so that a frontend can build its forms. The same for every caller.
    #[oai(path = "/", method = "get", operation_id = "getConfiguration")]
    async fn configuration(&self, state: State<'_>) -> Reply<200, ServiceConfiguration> {
        let config = &state.config;
        Reply(ServiceConfiguration {
            registration: match config.registration {
                RegistrationConfig::Open => RegistrationMode::Open,
                RegistrationConfig::Verified => RegistrationMode::Verified,
            },
            sign_in_methods: if config.passkeys.is_usable() {
                vec![SignInMethod::Password, SignInMethod::Passkey]
            } else {
                vec![SignInMethod::Password]
            },
            password: PasswordLengths {
                min_length: i32::try_from(config.passwords.min_length).unwrap_or(i32::MAX),
                max_bytes: i32::try_from(config.passwords.max_bytes).unwrap_or(i32::MAX),
            },
            audiences: config.tokens.audiences.clone(),
            deletion_grace: i32::try_from(config.accounts.deletion_grace.as_secs()).unwrap_or(i32::MAX),
        })
    }
}
