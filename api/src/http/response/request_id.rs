//! The current request: its id, for every problem and log line of it, and its principal, for the line that ends it.

use std::cell::Cell;

use entity::{SessionId, UserId};
use uuid::Uuid;

use crate::principal::Principal;

/// The user and the session of a request.
pub(in crate::http) type Who = Option<(UserId, SessionId)>;

tokio::task_local! {
    static REQUEST: (Uuid, Cell<Who>);
}

/// The id of the current request.
pub(in crate::http) fn request_id() -> Option<Uuid> {
    REQUEST.try_with(|(id, _)| *id).ok()
}

/// Notes whose request the current one is.
pub(in crate::http) fn note_principal(principal: &Principal) {
    let _ = REQUEST.try_with(|(_, who)| who.set(Some((principal.user.id, principal.session.id))));
}

/// Runs `work` as a part of the request with this id. Returns whose it was, too.
pub(in crate::http) fn within<T>(id: Uuid, work: impl Future<Output = T>) -> impl Future<Output = (T, Who)> {
    REQUEST.scope((id, Cell::new(None)), async {
        let done = work.await;
        (done, REQUEST.with(|(_, who)| who.get()))
    })
}
