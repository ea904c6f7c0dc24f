//! Verifying a signature of a credential (section 7.2).

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::{
    AuthenticatorData, Ceremony, ClientData, Flags, PublicKey, RelyingParty, WebauthnError,
    json::{self, AssertionResponse, Bytes},
};

/// What a browser answers to `navigator.credentials.get()`: for this relying party and a challenge that the caller knows. The signature is
/// not verified yet.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The id of the credential, to find its key by.
    pub id: Vec<u8>,
    /// Whom the authenticator has the credential for, as the relying party named them. It is not signed.
    pub user_handle: Option<Vec<u8>>,
    asserted: Asserted,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

/// What a signature proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asserted {
    /// What the authenticator established.
    pub flags: Flags,
    /// Counts the signatures.
    pub sign_count: u32,
    /// Whether the page was in a frame of another origin.
    pub is_framed: bool,
}

impl Assertion {
    /// Reads the JSON of `toJSON()`, and checks what needs no key.
    pub fn read(
        object: Map<String, Value>,
        party: RelyingParty<'_>,
        is_challenge: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Self, WebauthnError> {
        let (id, response) = json::read(object)?;
        let AssertionResponse {
            client_data: Bytes(client_data),
            authenticator_data: Bytes(authenticator_data),
            signature: Bytes(signature),
            user_handle,
        } = response;
        let signed = [authenticator_data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let client_data = ClientData::parse(&client_data)?;
        client_data.check(Ceremony::Authentication, party, is_challenge)?;
        let data = AuthenticatorData::parse(&authenticator_data)?;
        data.check(party)?;
        let asserted = Asserted { flags: data.flags, sign_count: data.sign_count, is_framed: client_data.is_framed };
        Ok(Self { id, user_handle: user_handle.map(|Bytes(handle)| handle), asserted, signed, signature })
    }

    /// Verifies the signature with the key of the credential.
    pub fn verify(self, key: &PublicKey) -> Result<Asserted, WebauthnError> {
        key.verify(&self.signed, &self.signature)?;
        Ok(self.asserted)
    }
}
