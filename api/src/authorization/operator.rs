//! The actor of an operation of the admin API or of a command.

use entity::{AdminKeyId, UnixMillis};
use uuid::Uuid;

use super::store;
use crate::{config::SessionsConfig, db::Unavailable, principal::Principal, sessions, state::Tx};

/// The actor of an operation of the admin API or of a command.
#[derive(Clone, Debug)]
pub enum Operator {
    /// A person on the command line.
    CommandLine,
    /// A user with the role `admin`.
    Session(Box<Principal>),
    /// A program with an admin key.
    Key(AdminKeyId),
}

impl Operator {
    /// Whether the operator is still allowed. The transaction of the operation asks again: this node may not have learned yet that the
    /// session ended, and another operator may have removed the role.
    pub(crate) async fn is_still_allowed(&self, tx: &Tx) -> Result<bool, Unavailable> {
        match self {
            Self::CommandLine => Ok(true),
            Self::Session(principal) => {
                Ok(sessions::store::is_still_fresh(tx, principal).await? && store::is_admin(tx, principal.user.id).await?)
            }
            Self::Key(id) => store::is_unrevoked(tx, *id).await,
        }
    }

    /// The id of the key or of the user; nil on the command line.
    pub fn id(&self) -> Uuid {
        match self {
            Self::CommandLine => Uuid::nil(),
            Self::Session(principal) => principal.user.id.0,
            Self::Key(id) => id.0,
        }
    }

    /// Whether the operator may act on administrators and give the role `admin`. A key may not: otherwise a program could get more rights
    /// than its scopes.
    pub fn rules_administrators(&self) -> bool {
        !matches!(self, Self::Key(_))
    }
}

/// Why a session may not call the admin API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayNot {
    /// The user does not have the role.
    NotAdmin,
    /// The user authenticated with one factor.
    OneFactor,
    /// The user authenticated too long ago.
    NotFresh,
}

/// Whether a session may call the admin API: its user has the role `admin`, and authenticated with two factors within `sessions.fresh_for`.
pub fn may_administrate(principal: &Principal, now: UnixMillis, config: &SessionsConfig) -> Result<(), MayNot> {
    if !principal.user.roles.is_admin() {
        return Err(MayNot::NotAdmin);
    }
    // A session keeps the methods of its sign-in, also when the factor is gone.
    if !principal.user.second_factor || principal.session.methods.assurance() < 2 {
        return Err(MayNot::OneFactor);
    }
    if sessions::is_fresh(principal, now, config) { Ok(()) } else { Err(MayNot::NotFresh) }
}
