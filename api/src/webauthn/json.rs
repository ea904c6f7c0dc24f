//! The objects that `PublicKeyCredential.toJSON()` returns (section 5.1). Browsers add members, so unknown ones are ignored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::{Map, Value};

use super::WebauthnError;

/// Bytes in base64url without padding.
pub(super) struct Bytes(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        URL_SAFE_NO_PAD.decode(text).map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential<R> {
    id: Bytes,
    raw_id: Bytes,
    r#type: String,
    response: R,
}

/// The members of a new credential. What else browsers write repeats what the attestation object says.
#[derive(Deserialize)]
pub(super) struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: Bytes,
    #[serde(rename = "attestationObject")]
    pub(super) attestation_object: Bytes,
    #[serde(default)]
    pub(super) transports: Vec<String>,
}

/// The members of a signature.
#[derive(Deserialize)]
pub(super) struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: Bytes,
    #[serde(rename = "authenticatorData")]
    pub(super) authenticator_data: Bytes,
    pub(super) signature: Bytes,
    #[serde(default, rename = "userHandle")]
    pub(super) user_handle: Option<Bytes>,
}

/// The id of the credential and its response.
pub(super) fn read<R: DeserializeOwned>(object: Map<String, Value>) -> Result<(Vec<u8>, R), WebauthnError> {
    let credential: Credential<R> = serde_json::from_value(object.into()).map_err(|_| WebauthnError::Json)?;
    if credential.r#type != "public-key" {
        return Err(WebauthnError::Json);
    }
    if credential.id.0 != credential.raw_id.0 {
        return Err(WebauthnError::CredentialId);
    }
    Ok((credential.id.0, credential.response))
}
