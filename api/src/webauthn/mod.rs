//! Web Authentication Level 3: verifies what an authenticator answers when it makes a credential, and when it signs in with one.
//!
//! It knows no user, no database and no policy: it returns facts, such as whether the user was verified, and the caller decides.
//! Attestation statements are skipped, never judged: the service asks for none.

mod assertion;
mod attestation;
mod authenticator_data;
mod client_data;
mod json;
mod public_key;
mod registration;
#[cfg(test)]
mod tests;

pub use assertion::{Asserted, Assertion};
pub use attestation::AttestationObject;
pub use authenticator_data::{AttestedCredential, AuthenticatorData, Flags};
pub use client_data::{Ceremony, ClientData};
pub use public_key::{Algorithm, PublicKey};
pub use registration::Registered;

/// The maximum number of bytes of a credential id (section 5.8.3).
pub const MAX_CREDENTIAL_ID: usize = 1023;

/// For whom a credential is made: the service as authenticators and browsers know it.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty<'a> {
    /// The domain name that the credential is bound to.
    pub id: &'a str,
    /// The origins of the pages that may use it.
    pub origins: &'a [&'a str],
}

/// Why an answer proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebauthnError {
    /// The object is not what browsers write.
    #[error("is not the JSON of a public key credential")]
    Json,
    /// The client data is not JSON with the members that it must have.
    #[error("the client data is malformed")]
    ClientData,
    /// The answer belongs to the other ceremony.
    #[error("the answer is of another ceremony")]
    Ceremony,
    /// The challenge is another one.
    #[error("the challenge is another one")]
    Challenge,
    /// The page is of another origin.
    #[error("the origin is not allowed")]
    Origin,
    /// The attestation object is not the CBOR that it must be.
    #[error("the attestation object is malformed")]
    Attestation,
    /// The authenticator data is cut off, or something follows it.
    #[error("the authenticator data is malformed")]
    AuthenticatorData,
    /// The credential belongs to another relying party.
    #[error("the relying party is another one")]
    RelyingParty,
    /// The authenticator did not notice a user.
    #[error("the user was not present")]
    UserAbsent,
    /// A credential is backed up that cannot be.
    #[error("the backup flags contradict each other")]
    BackupFlags,
    /// The id of the credential is another one, or too long.
    #[error("the credential id is another one")]
    CredentialId,
    /// The algorithm was not asked for.
    #[error("the algorithm is not supported")]
    Algorithm,
    /// The public key is malformed, weak, or no point of its curve.
    #[error("the public key is not valid")]
    PublicKey,
    /// The signature is not one of the key over this answer.
    #[error("the signature is wrong")]
    Signature,
}
