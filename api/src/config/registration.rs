//! How users sign up.

use super::reader::Reader;

/// How users sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationConfig {
    /// The user exists immediately. The response reveals whether the address already has an account.
    Open,
    /// The user exists after the address is confirmed by mail. The response reveals nothing.
    Verified,
}

impl RegistrationConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let about = "How users sign up: `open` (immediately) or `verified` (after confirming their address by mail).";
        let registration = reader.one("registration", "open", about, |text| match text {
            "open" => Ok(Self::Open),
            "verified" => Ok(Self::Verified),
            _ => Err("write open or verified".to_owned()),
        });
        registration.unwrap_or(Self::Open)
    }
}
