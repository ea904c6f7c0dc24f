//! Notices that the configuration changed.

use std::sync::Arc;

use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    deployment,
    state::AppState,
};

/// Another node noted its configuration at the same time.
struct Overtaken;

/// Notes what this node runs with: a fingerprint of its settings, which is the same on all nodes that have the same ones. If the node that
/// last started had other settings, that is an event. The first start only notes it.
pub async fn note_configuration(state: &Arc<AppState>, fingerprint: String, because: &'static str) -> Result<(), Unavailable> {
    let former = deployment::store::find(state.db.connection(), deployment::CONFIGURATION).await?;
    if former.as_ref() == Some(&fingerprint) {
        return Ok(());
    }
    let input = (fingerprint, former, because);
    let noted = state.write_or_refuse(Scope::Transaction, input, |tx, (fingerprint, former, because)| {
        Box::pin(async move {
            if !deployment::store::put(tx.connection(), deployment::CONFIGURATION, former.as_deref(), fingerprint).await? {
                return Ok(Err(Overtaken));
            }
            if former.is_some() {
                tx.record(Event::ConfigurationChanged.because(*because));
            }
            Ok(Ok(()))
        })
    });
    noted.await.map(drop)
}
