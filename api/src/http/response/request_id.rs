//! The id of the current request, for every problem and log line of it.

use uuid::Uuid;

tokio::task_local! {
    static REQUEST: Uuid;
}

/// The id of the current request.
pub(in crate::http) fn request_id() -> Option<Uuid> {
    REQUEST.try_with(|id| *id).ok()
}

/// Runs `work` as a part of the request with this id.
pub(in crate::http) fn within<T>(id: Uuid, work: impl Future<Output = T>) -> impl Future<Output = T> {
    REQUEST.scope(id, work)
}
