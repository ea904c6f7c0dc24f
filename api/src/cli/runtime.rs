//! The runtime of a command.

use super::failure::Failure;

/// Runs a future on one thread per core. Does not wait for threads that are still blocked when it ends.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}
