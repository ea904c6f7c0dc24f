//! What a page passes to `navigator.credentials`, with the names of Web Authentication Level 3 (sections 5.4, 5.5 and 5.1.8).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::passkey;
use poem_openapi::{Object, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::codes::{AttestationNone, PublicKeyType, Requirement};
use crate::{
    authentication::{AuthenticationOptions, RegistrationOptions},
    webauthn::Algorithm,
};

/// For `PublicKeyCredential.parseRequestOptionsFromJSON()`. The challenge expires after ten minutes.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase", example)]
#[serde(rename_all = "camelCase")]
pub(super) struct PasskeyRequestOptions {
    /// In base64url.
    challenge: String,
    /// The domain name that passkeys are bound to.
    rp_id: String,
    user_verification: Requirement,
}

/// For `PublicKeyCredential.parseCreationOptionsFromJSON()`. The challenge expires after ten minutes.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase", example)]
#[serde(rename_all = "camelCase")]
pub(super) struct PasskeyCreationOptions {
    rp: RelyingParty,
    user: PasskeyUser,
    /// In base64url.
    challenge: String,
    /// The algorithms that the service verifies, the preferred one first.
    pub_key_cred_params: Vec<PasskeyAlgorithm>,
    /// The passkeys that the user has.
    exclude_credentials: Vec<ExistingPasskey>,
    authenticator_selection: AuthenticatorSelection,
    attestation: AttestationNone,
}

/// The service, as authenticators show it.
#[derive(Object, Serialize)]
#[oai(example)]
struct RelyingParty {
    /// The domain name that the passkey will be bound to.
    id: String,
    name: String,
}

/// The user, as authenticators show them.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase", example)]
#[serde(rename_all = "camelCase")]
struct PasskeyUser {
    /// The id of the user, in base64url.
    id: String,
    /// The address.
    name: String,
    /// The name, or the address of a user without one.
    display_name: String,
}

/// An algorithm of COSE.
#[derive(Object, Serialize)]
#[oai(example)]
struct PasskeyAlgorithm {
    r#type: PublicKeyType,
    alg: i32,
}

/// A passkey that the user has.
#[derive(Object, Serialize)]
#[oai(example)]
struct ExistingPasskey {
    r#type: PublicKeyType,
    /// In base64url.
    id: String,
    transports: Vec<String>,
}

/// Which authenticators may make the passkey: those that keep it, and verify the user.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase", example)]
#[serde(rename_all = "camelCase")]
struct AuthenticatorSelection {
    resident_key: Requirement,
    require_resident_key: bool,
    user_verification: Requirement,
}

impl AuthenticatorSelection {
    fn new() -> Self {
        let required = Requirement::required;
        Self { resident_key: required(), require_resident_key: true, user_verification: required() }
    }
}

/// Bytes as the browser's JSON has them.
pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl From<AuthenticationOptions> for PasskeyRequestOptions {
    fn from(AuthenticationOptions { challenge, rp_id }: AuthenticationOptions) -> Self {
        Self { challenge: base64url(challenge.as_bytes()), rp_id, user_verification: Requirement::required() }
    }
}

impl From<RegistrationOptions> for PasskeyCreationOptions {
    fn from(options: RegistrationOptions) -> Self {
        let RegistrationOptions { challenge, rp_id, product, user, email, name, existing } = options;
        Self {
            rp: RelyingParty { id: rp_id, name: product },
            user: PasskeyUser {
                id: base64url(user.0.as_bytes()),
                display_name: name.unwrap_or_else(|| email.clone()),
                name: email,
            },
            challenge: base64url(challenge.as_bytes()),
            pub_key_cred_params: algorithms(),
            exclude_credentials: existing.iter().map(ExistingPasskey::from).collect(),
            authenticator_selection: AuthenticatorSelection::new(),
            attestation: AttestationNone::none(),
        }
    }
}

impl From<&passkey::Model> for ExistingPasskey {
    fn from(passkey: &passkey::Model) -> Self {
        Self {
            r#type: PublicKeyType::public_key(),
            id: base64url(&passkey.credential_id),
            transports: passkey.transports.split_whitespace().map(str::to_owned).collect(),
        }
    }
}

fn algorithms() -> Vec<PasskeyAlgorithm> {
    Algorithm::ALL.map(|algorithm| PasskeyAlgorithm { r#type: PublicKeyType::public_key(), alg: algorithm.number() }).into()
}

const EXAMPLE_CHALLENGE: &str = "9q2rQmTn0bP4fQm1VwZ0gAAAAZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gwsm7j_UwAXxaA";

impl Example for PasskeyRequestOptions {
    fn example() -> Self {
        Self {
            challenge: EXAMPLE_CHALLENGE.to_owned(),
            rp_id: "example.com".to_owned(),
            user_verification: Requirement::required(),
        }
    }
}

impl Example for PasskeyCreationOptions {
    fn example() -> Self {
        Self {
            rp: RelyingParty::example(),
            user: PasskeyUser::example(),
            challenge: EXAMPLE_CHALLENGE.to_owned(),
            pub_key_cred_params: algorithms(),
            exclude_credentials: vec![ExistingPasskey::example()],
            authenticator_selection: AuthenticatorSelection::new(),
            attestation: AttestationNone::none(),
        }
    }
}

impl Example for RelyingParty {
    fn example() -> Self {
        Self { id: "example.com".to_owned(), name: "Example".to_owned() }
    }
}

impl Example for PasskeyUser {
    fn example() -> Self {
        let id = base64url(Uuid::from_u128(0x019b_7a3d_2f40_7c31_9d1e_5b7a_60c4_1f2a).as_bytes());
        Self { id, name: "ada@example.com".to_owned(), display_name: "Ada King".to_owned() }
    }
}

impl Example for PasskeyAlgorithm {
    fn example() -> Self {
        Self { r#type: PublicKeyType::public_key(), alg: Algorithm::Es256.number() }
    }
}

impl Example for ExistingPasskey {
    fn example() -> Self {
        let id = "-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q".to_owned();
        Self { r#type: PublicKeyType::public_key(), id, transports: vec!["hybrid".to_owned(), "internal".to_owned()] }
    }
}

impl Example for AuthenticatorSelection {
    fn example() -> Self {
        Self::new()
    }
}
