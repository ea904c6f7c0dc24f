//! What every request shares, and the one way to write.

mod app_state;
mod write;

pub(crate) use app_state::{MAX_DELIVERIES, SECRETS_FILE};
pub use app_state::{AppState, StartError, lock};
pub use write::Tx;
