//! The service as browsers know it when they use a passkey.

use std::sync::Arc;

use crate::{
    config::{CallersConfig, Origin},
    state::AppState,
    webauthn::RelyingParty,
};

/// The origins that are listed at this moment.
pub(super) struct Party<'a> {
    id: &'a str,
    public_url: &'a str,
    callers: Arc<CallersConfig>,
}

impl<'a> Party<'a> {
    pub(super) fn of(state: &'a AppState) -> Self {
        let config = &state.config;
        Self { id: &config.passkeys.rp_id, public_url: config.public_url.as_str(), callers: config.callers.get() }
    }

    /// Calls `work` with what the verifier asks for.
    pub(super) fn with<T>(&self, work: impl FnOnce(RelyingParty<'_>) -> T) -> T {
        let origins: Vec<_> = self.callers.origins.iter().map(Origin::as_str).chain([self.public_url]).collect();
        work(RelyingParty { id: self.id, origins: &origins })
    }
}
