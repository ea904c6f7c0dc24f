//! Commands that run beside the nodes. With Redis, the nodes learn of a change immediately.

use std::{sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};

use super::{failure::Failure, log, runtime::block_on};
use crate::{clock::Clock, config::Config, deployment, state::AppState};

/// How long a command waits for Redis. Without it, the nodes learn of the change by polling.
const REDIS_TIMEOUT: Duration = Duration::from_secs(2);

/// Runs a command beside the nodes on a database that exists, connected to Redis.
pub(super) fn beside_nodes(
    config: &Config,
    command: impl AsyncFnOnce(&Arc<AppState>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    block_on(async {
        let state = Arc::new(AppState::open_existing(config.clone(), Clock::System).await.map_err(Failure::new)?);
        connect_redis(&state).await;
        let done = command(&state).await;
        state.db.clone().close().await.map_err(Failure::new)?;
        done
    })
}

/// Connects to Redis, if it is configured, so that the nodes learn of the change immediately.
async fn connect_redis(state: &Arc<AppState>) {
    let Some(redis) = state.redis.clone() else { return };
    let connecting = redis.clone();
    tokio::spawn(async move { connecting.keep_linked().await });
    let connected = async {
        while !redis.is_linked() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    if timeout(REDIS_TIMEOUT, connected).await.is_err() {
        tracing::warn!("not connected to Redis: the nodes learn of changes by polling, within 5 s");
    }
}

/// Checks that the nodes can open the mail about a change.
pub(super) async fn check_mail_can_be_read(state: &AppState, undone: &str) -> Result<(), Failure> {
    check_nodes_can_read(state, undone, "the mail that tells the user").await
}

/// Checks that the nodes can open what the command seals, under the newest server secret that it knows.
pub(super) async fn check_nodes_can_read(state: &AppState, undone: &str, sealed: &str) -> Result<(), Failure> {
    if deployment::signs_with_newest(&state.db, &state.secrets).await.map_err(Failure::new)? {
        return Ok(());
    }
    Err(Failure::Failed(format!(
        "{undone}: the nodes could not read {sealed}; give this command their tokens.secrets or bifrons.key, with the one that they sign \
         with first"
    )))
}
