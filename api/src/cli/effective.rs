//! The settings that are in effect.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{config::Setting, maintenance, state::AppState};

/// Equal on all nodes with the same settings. Secrets are not part of it.
pub(super) fn fingerprint(settings: &[Setting]) -> String {
    let lines: Vec<_> = settings.iter().map(|setting| [setting.key, &setting.value].join("=")).collect();
    let hash = digest(&SHA256, lines.join("\n").as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..9])
}

/// Notes what is in effect. If that fails, the service runs all the same.
pub(super) async fn note_configuration(state: &Arc<AppState>, settings: &[Setting], because: &'static str) {
    if let Err(error) = maintenance::note_configuration(state, fingerprint(settings), because).await {
        tracing::warn!(%error, "the configuration was not noted in the audit trail");
    }
}
