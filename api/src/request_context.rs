//! What is known of the current request: its id, its requester, and, once they are known, its principal and its actor. Log lines,
//! problems and the audit trail name them.

use std::{net::IpAddr, sync::Arc};

use entity::{AdminKeyId, SessionId, UserId, audit_event::ActorKind};
use futures_util::future::Either;
use uuid::Uuid;

use crate::sync::{Mutex, lock};

/// Who causes an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Which one; `None` if that is not known.
    pub id: Option<String>,
}

impl Actor {
    /// The service itself.
    pub const SYSTEM: Self = Self { kind: ActorKind::System, id: None };

    /// A client that has not authenticated.
    pub const UNKNOWN: Self = Self { kind: ActorKind::User, id: None };

    /// An admin key.
    pub fn key(id: AdminKeyId) -> Self {
        Self { kind: ActorKind::Key, id: Some(id.0.to_string()) }
    }

    /// A user.
    pub fn user(id: UserId) -> Self {
        Self { kind: ActorKind::User, id: Some(id.0.to_string()) }
    }
}

/// The user and the session of a request.
pub type Who = Option<(UserId, SessionId)>;

/// A request that is not answered yet.
#[derive(Debug)]
pub struct RequestContext {
    /// The id of the request.
    pub id: Uuid,
    /// The address, read past the trusted proxies.
    pub ip: Option<IpAddr>,
    /// The `User-Agent`, cut to 256 characters.
    pub user_agent: Option<String>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    who: Who,
    actor: Option<Actor>,
}

tokio::task_local! {
    static CURRENT: Arc<RequestContext>;
}

impl RequestContext {
    /// A request of which no more is known.
    pub fn new(id: Uuid, ip: Option<IpAddr>, user_agent: Option<String>) -> Self {
        Self { id, ip, user_agent, known: Mutex::default() }
    }

    /// Who causes what the request does: what [`note_actor`] noted, else the principal.
    pub fn actor(&self) -> Option<Actor> {
        let known = lock(&self.known);
        known.actor.clone().or_else(|| known.who.map(|(user, _)| Actor::user(user)))
    }

    /// The user and the session of the request.
    pub fn who(&self) -> Who {
        lock(&self.known).who
    }
}

/// The current request.
pub fn current() -> Option<Arc<RequestContext>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// The id of the current request.
pub fn request_id() -> Option<Uuid> {
    CURRENT.try_with(|request| request.id).ok()
}

/// Notes whose request the current one is.
pub fn note_principal(user: UserId, session: SessionId) {
    let _ = CURRENT.try_with(|request| lock(&request.known).who = Some((user, session)));
}

/// Notes who causes what the request does, if that is not the user of a session: an admin key.
pub fn note_actor(actor: Actor) {
    let _ = CURRENT.try_with(|request| lock(&request.known).actor = Some(actor));
}

/// Runs `work` as a part of a request.
pub fn within<T>(request: Arc<RequestContext>, work: impl Future<Output = T>) -> impl Future<Output = T> {
    CURRENT.scope(request, work)
}

/// The same for work that blocks a thread.
pub fn held<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    #[cfg(feature = "testbed")]
    let work = crate::reset_gate::held(work);
    work
}

/// Makes work that another task runs a part of the current request, if there is one.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    #[cfg(feature = "testbed")]
    let work = crate::reset_gate::carried(work);
    match current() {
        Some(request) => Either::Left(within(request, work)),
        None => Either::Right(work),
    }
}
