//! Reads the roles of a request.

use entity::{Roles, roles::MAX_ROLES};

use super::{
    parameters::RoleName,
    problems::{InvitingNew, Updating},
};
use crate::{
    accounts::CreateUserError,
    http::response::problem::{FieldError, problems},
};

/// There are too many roles. The form of each was checked before.
#[derive(Debug)]
pub(super) struct TooManyRoles;

problems!(TooManyRoles {
    TooManyRoles => ValidationFailed.fields(vec![FieldError::max_items("roles", MAX_ROLES)]),
});

/// Why a request with roles was refused.
pub(super) enum RolesOr<E> {
    Roles(TooManyRoles),
    Error(E),
}

impl<E> From<TooManyRoles> for RolesOr<E> {
    fn from(error: TooManyRoles) -> Self {
        Self::Roles(error)
    }
}

problems!(RolesOr<Updating> {
    RolesOr::Roles(error) => (TooManyRoles: error),
    RolesOr::Error(error) => (Updating: error),
});

problems!(RolesOr<CreateUserError> {
    RolesOr::Roles(error) => (TooManyRoles: error),
    RolesOr::Error(error) => (CreateUserError: error),
});

problems!(RolesOr<InvitingNew> {
    RolesOr::Roles(error) => (TooManyRoles: error),
    RolesOr::Error(error) => (InvitingNew: error),
});

/// The roles with these names.
pub(super) fn roles(names: Option<Vec<RoleName>>) -> Result<Option<Roles>, TooManyRoles> {
    names.map(|names| Roles::new(names.into_iter().map(|RoleName(name)| name)).map_err(|_| TooManyRoles)).transpose()
}
