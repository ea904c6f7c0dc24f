//! Renewing a session after the user authenticated again: it gets a new secret, and credentials from before become invalid.

use std::time::Duration;

use entity::{
    GrantId, Methods, Seed, UnixMillis,
    session::{self, Mode},
    user,
};

use super::{
    established::{Established, SessionSecret},
    store,
};
use crate::{
    db::Unavailable,
    grants,
    principal::Principal,
    secret::SessionCookie,
    state::{AppState, Tx},
};

/// A new secret for a session, to be stored before the client gets it.
#[derive(Debug)]
pub(crate) struct Renewal {
    authenticated_at: UnixMillis,
    methods: Methods,
    secret: NewSecret,
}

#[derive(Debug)]
enum NewSecret {
    Cookie(SessionCookie),
    Seed(Seed),
}

/// A session with its new secret, as they are stored.
#[derive(Debug)]
pub(crate) struct Renewed {
    session: session::Model,
    secret: SessionSecret,
}

impl Renewal {
    /// Makes a new secret for a session, of the kind that its mode has. `methods` are all that the user has proved in it.
    pub(crate) fn new(session: &session::Model, methods: Methods, now: UnixMillis) -> Self {
        // At least a second later than before: access tokens carry whole seconds, and earlier ones must be older.
        let authenticated_at = now.max(session.authenticated_at.plus(Duration::from_secs(1)));
        let secret = match session.mode {
            Mode::Cookie => NewSecret::Cookie(SessionCookie::new(session.id)),
            Mode::Token => NewSecret::Seed(grants::new_seed()),
        };
        Self { authenticated_at, methods, secret }
    }

    /// Stores the secret; `None` if the session is not as it was read: it ended, or another request renewed it.
    pub(crate) async fn store(&self, tx: &Tx, session: &session::Model) -> Result<Option<Renewed>, Unavailable> {
        let secret_hash = match &self.secret {
            NewSecret::Cookie(cookie) => Some(cookie.hash()),
            NewSecret::Seed(_) => None,
        };
        if !store::renew(tx, session, secret_hash.as_ref(), self.authenticated_at, self.methods).await? {
            return Ok(None);
        }
        let secret = match &self.secret {
            NewSecret::Cookie(cookie) => Some(SessionSecret::Cookie(cookie.clone())),
            NewSecret::Seed(seed) => grants::store::reseed(tx, GrantId::of(session.id), seed).await?.map(SessionSecret::Grant),
        };
        let Self { authenticated_at, methods, .. } = *self;
        let session = session::Model { secret_hash, authenticated_at, methods, ..session.clone() };
        Ok(secret.map(|secret| Renewed { session, secret }))
    }
}

impl Renewed {
    /// Issues the new credential.
    pub(crate) fn establish(self, state: &AppState, user: &user::Model) -> Result<Established, jsonwebtoken::errors::Error> {
        let principal = Principal::new(&self.session, user);
        self.secret.establish(state, principal, state.clock.now())
    }
}
