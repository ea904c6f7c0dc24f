//! Webhooks.

use super::{reader::Reader, values::switch};

/// Webhooks.
#[derive(Clone, Copy, Debug)]
pub struct WebhooksConfig {
    /// Whether receivers may have private addresses, and plain http.
    pub private_addresses: bool,
}

impl WebhooksConfig {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let about =
            "Whether webhooks may be delivered over http and to addresses that are not on the public internet: for development.";
        Some(Self { private_addresses: reader.one("webhooks.private_addresses", "false", about, switch)? })
    }
}
