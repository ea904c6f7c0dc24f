//! The problems of the admin API.

use crate::{
    accounts::{CreateUserError, MAX_DEPTH, MAX_METADATA, OperatorError, Violation},
    http::{
        response::problem::{FieldError, problems},
        v1::password_problems::field_error,
    },
    limits::LimitError,
};

/// The problems of an operation that reads.
pub(super) struct Read(pub(super) OperatorError);

problems!(Read {
    Read(OperatorError::NotFound) => NotFound,
    Read(OperatorError::Store(error)) => Unavailable.log(&error),
    Read(error) => InternalError.log(&error),
});

/// The problems of an instruction about a user.
pub(super) struct Instructed(pub(super) OperatorError);

problems!(Instructed {
    Instructed(OperatorError::KeyOnAdministrator | OperatorError::NotAllowedAnyMore) => AdminRequired,
    Instructed(error) => (Read: Read(error)),
});

/// The problems of an instruction about a user who must be enabled.
pub(super) struct OfActive(pub(super) OperatorError);

problems!(OfActive {
    OfActive(OperatorError::Disabled) => UserDisabled,
    OfActive(error) => (Instructed: Instructed(error)),
});

/// The problems of an invitation that is sent again.
pub(super) struct Inviting(pub(super) OperatorError);

problems!(Inviting {
    Inviting(OperatorError::HasSignedUp) => AlreadySignedUp,
    Inviting(OperatorError::Limit(error)) => (LimitError: error),
    Inviting(error) => (OfActive: OfActive(error)),
});

/// The problems of an instruction that may remove an administrator.
pub(super) struct Leaving(pub(super) OperatorError);

problems!(Leaving {
    Leaving(OperatorError::LastAdministrator) => LastAdministrator,
    Leaving(error) => (Instructed: Instructed(error)),
});

/// The same, for an operation with `If-Match`.
pub(super) struct Versioned(pub(super) OperatorError);

problems!(Versioned {
    Versioned(OperatorError::Changed) => VersionConflict,
    Versioned(error) => (Leaving: Leaving(error)),
});

/// The problems of `updateUser`.
pub(super) struct Updating(pub(super) OperatorError);

problems!(Updating {
    Updating(OperatorError::Invalid(violation)) => ValidationFailed.fields(vec![of_operator(violation)]),
    Updating(OperatorError::Unverified) => EmailUnverified,
    Updating(error) => (Versioned: Versioned(error)),
});

problems!(CreateUserError {
    CreateUserError::EmailTaken => EmailTaken,
    CreateUserError::Invalid(violation) => ValidationFailed.fields(vec![of_operator(violation)]),
    CreateUserError::Operator(error) => (Instructed: Instructed(error)),
});

/// The problems of `inviteUser`.
pub(super) struct InvitingNew(pub(super) CreateUserError);

problems!(InvitingNew {
    InvitingNew(CreateUserError::Operator(OperatorError::Limit(error))) => (LimitError: error),
    InvitingNew(error) => (CreateUserError: error),
});

/// The field of a violation: operators write `app_metadata`, users `user_metadata`.
pub(in crate::http) fn of_operator(violation: Violation) -> FieldError {
    match violation {
        Violation::MetadataSize => {
            FieldError::max_bytes("app_metadata", MAX_METADATA, format!("must have at most {MAX_METADATA} bytes as JSON"))
        }
        Violation::MetadataDepth => FieldError::max_depth("app_metadata", MAX_DEPTH),
        other => field_error(other, "password"),
    }
}
