//! The client data: what the browser says about the ceremony (section 5.8.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{RelyingParty, WebauthnError};

/// Which of the two ceremonies an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    /// Making a credential.
    Registration,
    /// Signing in with one.
    Authentication,
}

impl Ceremony {
    fn name(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::Authentication => "webauthn.get",
        }
    }
}

/// What a browser says about a ceremony.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientData {
    ceremony: Ceremony,
    /// The challenge that the page was given.
    pub challenge: Vec<u8>,
    /// The origin of the page.
    pub origin: String,
    /// Whether the page was in a frame of another origin.
    pub is_framed: bool,
}

#[derive(Deserialize)]
struct Json {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

impl ClientData {
    /// Reads the JSON. Browsers may add members; one twice is refused, because it would have two readings.
    pub fn parse(json: &[u8]) -> Result<Self, WebauthnError> {
        // A list of the values, in the order of the members, would be read too.
        if !json.trim_ascii_start().starts_with(b"{") {
            return Err(WebauthnError::ClientData);
        }
        let Json { r#type, challenge, origin, cross_origin, top_origin } =
            serde_json::from_slice(json).map_err(|_| WebauthnError::ClientData)?;
        let ceremony = [Ceremony::Registration, Ceremony::Authentication].into_iter().find(|known| known.name() == r#type);
        Ok(Self {
            ceremony: ceremony.ok_or(WebauthnError::Ceremony)?,
            challenge: URL_SAFE_NO_PAD.decode(challenge).map_err(|_| WebauthnError::ClientData)?,
            origin,
            is_framed: cross_origin || top_origin.is_some(),
        })
    }

    /// Checks that it is of this ceremony, on a page of this relying party, for a challenge that the caller knows.
    pub(super) fn check(
        &self,
        ceremony: Ceremony,
        party: RelyingParty<'_>,
        is_challenge: impl FnOnce(&[u8]) -> bool,
    ) -> Result<(), WebauthnError> {
        if self.ceremony != ceremony {
            return Err(WebauthnError::Ceremony);
        }
        if !party.origins.contains(&self.origin.as_str()) {
            return Err(WebauthnError::Origin);
        }
        if is_challenge(&self.challenge) { Ok(()) } else { Err(WebauthnError::Challenge) }
    }
}
