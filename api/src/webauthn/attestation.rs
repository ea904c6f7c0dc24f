//! The attestation object, in which a new credential travels (section 6.5.4).

use minicbor::Decoder;

use super::{AuthenticatorData, WebauthnError};

/// A CBOR map of three members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationObject {
    /// What the authenticator says.
    pub authenticator_data: AuthenticatorData,
}

impl AttestationObject {
    /// Reads it; nothing may follow. The statement about the model of the authenticator is skipped.
    pub fn parse(bytes: &[u8]) -> Result<Self, WebauthnError> {
        let authenticator_data = authenticator_data(bytes).ok_or(WebauthnError::Attestation)?;
        Ok(Self { authenticator_data: AuthenticatorData::parse(authenticator_data)? })
    }
}

fn authenticator_data(bytes: &[u8]) -> Option<&[u8]> {
    let mut decoder = Decoder::new(bytes);
    if decoder.map().ok()? != Some(3) {
        return None;
    }
    let (mut format, mut statement, mut data) = (None, None, None);
    for _ in 0..3 {
        // Three different members, because none may be there twice.
        let is_new = match decoder.str().ok()? {
            "fmt" => format.replace(decoder.str().ok()?).is_none(),
            "attStmt" => {
                decoder.probe().map().ok()??;
                statement.replace(decoder.skip().ok()?).is_none()
            }
            "authData" => data.replace(decoder.bytes().ok()?).is_none(),
            _ => false,
        };
        if !is_new {
            return None;
        }
    }
    data.filter(|_| decoder.position() == bytes.len())
}
