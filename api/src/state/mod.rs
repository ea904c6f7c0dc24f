//! What every request shares, and the one way to write.

mod app_state;
mod write;

pub use app_state::{AppState, StartError, lock};
pub use write::Tx;
