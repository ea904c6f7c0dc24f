//! A session with the credential that was just issued for it.

use entity::{SecretHash, UnixMillis, session::Mode, token_grant};

use crate::{
    grants::{self, Tokens},
    principal::Principal,
    secret::SessionCookie,
    state::AppState,
};

/// A session with the credential that was just issued for it.
#[derive(Debug)]
pub struct Established {
    /// The user who is signed in now, and the session.
    pub principal: Principal,
    /// What the client has to keep.
    pub credential: Credential,
}

/// What a client keeps.
#[derive(Debug)]
pub enum Credential {
    /// Mode `cookie`.
    Cookie(SessionCookie),
    /// Mode `token`.
    Tokens(Tokens),
}

/// What a session is presented by. The mode of a session follows from it.
#[derive(Clone, Debug)]
pub(super) enum SessionSecret {
    Cookie(SessionCookie),
    Grant(token_grant::Model),
}

impl SessionSecret {
    pub(super) fn mode(&self) -> Mode {
        match self {
            Self::Cookie(_) => Mode::Cookie,
            Self::Grant(_) => Mode::Token,
        }
    }

    /// What the session's row keeps of it. A grant has a row of its own.
    pub(super) fn hash(&self) -> Option<SecretHash> {
        match self {
            Self::Cookie(cookie) => Some(cookie.hash()),
            Self::Grant(_) => None,
        }
    }

    /// Issues the credential.
    pub(super) fn establish(
        self,
        state: &AppState,
        principal: Principal,
        now: UnixMillis,
    ) -> Result<Established, jsonwebtoken::errors::Error> {
        let credential = match self {
            Self::Cookie(cookie) => Credential::Cookie(cookie),
            Self::Grant(grant) => Credential::Tokens(grants::tokens(state, &grant, &principal, now)?),
        };
        Ok(Established { principal, credential })
    }
}
