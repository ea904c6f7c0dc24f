//! The actor of an operation of the administration.

use entity::{AdminKeyId, UnixMillis};

use super::store;
use crate::{config::SessionsConfig, db::Unavailable, principal::Principal, sessions, state::Tx};

/// The actor of an operation of the administration.
#[derive(Clone, Debug)]
pub enum Operator {
    /// A person at the server.
    CommandLine,
    /// A user with the role `admin`.
    Session(Box<Principal>),
    /// A program with an admin key.
    Key(AdminKeyId),
}

impl Operator {
    /// Whether the operator still is one. Asked in the transaction of what they do: the cache of this node may not have heard of the end of a
    /// session, and another operator may have taken the role away.
    pub(crate) async fn is_still_allowed(&self, tx: &Tx) -> Result<bool, Unavailable> {
        match self {
            Self::CommandLine => Ok(true),
            Self::Session(principal) => {
                Ok(sessions::store::is_still_fresh(tx, principal).await? && store::is_admin(tx, principal.user.id).await?)
            }
            Self::Key(id) => store::is_unrevoked(tx, *id).await,
        }
    }

    /// Whether the operator may act on administrators and make some. A key may not: with it a program could give itself more than its scopes.
    pub fn rules_administrators(&self) -> bool {
        !matches!(self, Self::Key(_))
    }
}

/// Why a session does not administrate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayNot {
    /// The user does not have the role.
    NotAdmin,
    /// The user authenticated with one factor.
    OneFactor,
    /// The user authenticated too long ago.
    NotFresh,
}

/// Whether a session administrates: its user has the role `admin`, and authenticated with two factors a short time ago.
pub fn may_administrate(principal: &Principal, now: UnixMillis, config: &SessionsConfig) -> Result<(), MayNot> {
    if !principal.user.roles.is_admin() {
        return Err(MayNot::NotAdmin);
    }
    if principal.session.methods.assurance() < 2 {
        return Err(MayNot::OneFactor);
    }
    if sessions::is_fresh(principal, now, config) { Ok(()) } else { Err(MayNot::NotFresh) }
}
