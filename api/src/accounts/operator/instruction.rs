//! What every instruction of an operator about one user has in common.

use entity::{
    UserId,
    user::{self, Status},
};

use super::{last_admin::keep_an_administrator, store};
use crate::{accounts::new_user::Violation, authorization::Operator, db::Unavailable, state::Tx};

/// An instruction of an operator about one user.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// The operator.
    pub by: Operator,
    /// The user.
    pub user: UserId,
    /// The versions of the user that the operator knows; `None` for any. Two operators who change one user do not overwrite each other.
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
    /// There would be no administrator any more who can sign in.
    #[error("the user is the last enabled administrator; give another user the role `admin` first")]
    LastAdministrator,
    /// An admin key acts on no administrator, and makes none.
    #[error("an admin key acts on no administrator, and makes none")]
    KeyOnAdministrator,
    /// The session of the operator ended, or the operator lost the role, or the key was revoked.
    #[error("the operator may not do this any more")]
    NotAllowedAnyMore,
    /// The user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// A value breaks its rule.
    #[error("a value breaks a rule")]
    Invalid(Violation),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// What becomes of the user as an administrator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Administrator {
    /// The user stays what they are.
    Stays,
    /// The user is none afterwards.
    Leaves,
}

impl Instruction {
    /// The first statements of the transaction. They lock the row of the user: a concurrent sign-in or instruction comes before or after.
    pub(super) async fn begin(&self, tx: &Tx, afterwards: Administrator) -> Result<user::Model, OperatorError> {
        // Who acts on no administrator removes none.
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

/// As [`crate::state::AppState::write_or_refuse`] tells a refusal from a database that does not answer.
pub(super) fn refusable<T>(done: Result<T, OperatorError>) -> Result<Result<T, OperatorError>, Unavailable> {
    match done {
        Err(OperatorError::Store(error)) => Err(error),
        done => Ok(done),
    }
}
