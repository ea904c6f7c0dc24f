//! The problems of what operators do.

use crate::{
    accounts::{CreateUserError, MAX_DEPTH, MAX_METADATA, OperatorError, Violation},
    http::{
        response::problem::{FieldError, problems},
        v1::password_problems::field_error,
    },
};

problems!(OperatorError {
    OperatorError::NotFound => NotFound,
    OperatorError::Changed => VersionConflict,
    OperatorError::LastAdministrator => LastAdministrator,
    OperatorError::KeyOnAdministrator => AdminRequired,
    OperatorError::NotAllowedAnyMore => AdminRequired,
    OperatorError::Disabled => UserDisabled,
    OperatorError::Invalid(violation) => ValidationFailed.fields(vec![of_operator(violation)]),
    OperatorError::Store(error) => Unavailable.log(&error),
});

problems!(CreateUserError {
    CreateUserError::EmailTaken => EmailTaken,
    CreateUserError::Invalid(violation) => ValidationFailed.fields(vec![of_operator(violation)]),
    CreateUserError::Operator(error) => (OperatorError: error),
});

/// Operators write another metadata than users.
fn of_operator(violation: Violation) -> FieldError {
    match violation {
        Violation::MetadataSize => {
            FieldError::max_bytes("app_metadata", MAX_METADATA, format!("must have at most {MAX_METADATA} bytes as JSON"))
        }
        Violation::MetadataDepth => FieldError::max_depth("app_metadata", MAX_DEPTH),
        other => field_error(other, "password"),
    }
}
