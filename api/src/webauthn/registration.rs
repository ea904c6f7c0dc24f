//! Verifying a new credential (section 7.1).

use serde_json::{Map, Value};

use super::{
    AttestationObject, Ceremony, ClientData, Flags, PublicKey, RelyingParty, WebauthnError,
    json::{self, AttestationResponse, Bytes},
};

/// A credential that was just made, for this relying party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The id of the credential.
    pub id: Vec<u8>,
    /// The key that verifies its signatures.
    pub public_key: PublicKey,
    /// What the authenticator established.
    pub flags: Flags,
    /// Counts the signatures.
    pub sign_count: u32,
    /// The model of the authenticator, as it claims.
    pub aaguid: [u8; 16],
    /// How browsers reach the authenticator, as they claim.
    pub transports: Vec<String>,
    /// Whether the page was in a frame of another origin.
    pub is_framed: bool,
}

impl Registered {
    /// Reads the JSON of `toJSON()` of what `navigator.credentials.create()` returned, and verifies it. No signature proves anything yet: the
    /// challenge does, because a browser hands out its answer to the pages of this relying party alone.
    pub fn verify(
        object: Map<String, Value>,
        party: RelyingParty<'_>,
        is_challenge: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Self, WebauthnError> {
        let (id, response) = json::read(object)?;
        let AttestationResponse { client_data: Bytes(client_data), attestation_object: Bytes(attestation_object), transports } =
            response;
        let client_data = ClientData::parse(&client_data)?;
        client_data.check(Ceremony::Registration, party, is_challenge)?;
        let data = AttestationObject::parse(&attestation_object)?.authenticator_data;
        data.check(party)?;
        let credential = data.credential.ok_or(WebauthnError::AuthenticatorData)?;
        if credential.id != id {
            return Err(WebauthnError::CredentialId);
        }
        Ok(Self {
            id,
            public_key: credential.public_key,
            flags: data.flags,
            sign_count: data.sign_count,
            aaguid: credential.aaguid,
            transports,
            is_framed: client_data.is_framed,
        })
    }
}
