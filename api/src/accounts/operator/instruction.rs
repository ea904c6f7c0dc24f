//! What all instructions of an operator about one user have in common.

use entity::{
    UserId,
    user::{self, Status},
};

use super::{last_admin::keep_an_administrator, store};
use crate::{accounts::new_user::Violation, authorization::Operator, db::Unavailable, limits::LimitError, state::Tx};

/// An instruction of an operator about one user.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// The operator.
    pub by: Operator,
    /// The user.
    pub user: UserId,
    /// The versions of the user that the operator has read; `None` for any. So of two operators, the second does not overwrite the first.
    pub versions: Option<Vec<i64>>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// Another operator, or the user, changed the user since the operator read them.
    #[error("the user has changed since; read the user again")]
    Changed,
    /// No administrator who can sign in would be left.
    #[error(
        "the user is the last administrator who can sign in: enabled, with a password or a passkey, and without a scheduled deletion; first \
         let another one be so"
    )]
    LastAdministrator,
    /// An admin key may not act on administrators or give the role `admin`.
    #[error("an admin key acts on no administrator, and makes none")]
    KeyOnAdministrator,
    /// The operator's session ended, the operator lost the role, or the key was revoked.
    #[error("the operator may not do this any more")]
    NotAllowedAnyMore,
    /// The user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The user has a password or a passkey, so an invitation would let its holder into their account.
    #[error("the user has a password or a passkey; send a reset instead")]
    HasSignedUp,
    /// The address is not verified, so it may be a stranger who signed up with it.
    #[error("the address of the user is not verified: who signed up with it may be a stranger")]
    Unverified,
    /// Too many mails to this address, of programs.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A value breaks its rule.
    #[error("{0}")]
    Invalid(Violation),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// What an instruction does to the user as an administrator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Administrator {
    /// The user stays an administrator, if they are one.
    Stays,
    /// The user is no administrator who can sign in afterwards.
    Leaves,
}

impl Instruction {
    /// Begins the transaction: checks the instruction and locks the row of the user. A concurrent sign-in or instruction then comes before
    /// it or after it.
    pub(super) async fn begin(&self, tx: &Tx, afterwards: Administrator) -> Result<user::Model, OperatorError> {
        // An admin key acts on no administrator, so it cannot remove the last one.
        if afterwards == Administrator::Leaves && self.by.rules_administrators() {
            keep_an_administrator(tx, self.user).await?.map_err(|()| OperatorError::LastAdministrator)?;
        }
        let user = store::lock(tx, self.user).await?.filter(|user| user.status != Status::Deleted);
        let user = user.ok_or(OperatorError::NotFound)?;
        if self.versions.as_ref().is_some_and(|known| !known.contains(&user.version)) {
            return Err(OperatorError::Changed);
        }
        if user.roles.is_admin() && !self.by.rules_administrators() {
            return Err(OperatorError::KeyOnAdministrator);
        }
        if self.by.is_still_allowed(tx).await? { Ok(user) } else { Err(OperatorError::NotAllowedAnyMore) }
    }
}

/// Separates a refusal from a database that does not answer, as [`crate::state::AppState::write_or_refuse`] needs it.
pub(super) fn refusable<T>(done: Result<T, OperatorError>) -> Result<Result<T, OperatorError>, Unavailable> {
    match done {
        Err(OperatorError::Store(error)) => Err(error),
        done => Ok(done),
    }
}
