//! What every request shares, and the one way to write.

mod app_state;
mod searches;
mod write;

pub use app_state::{AppState, StartError, lock};
pub(crate) use app_state::{MAX_DELIVERIES, SECRETS_FILE};
pub use searches::Searches;
pub use write::Tx;
