//! The problems of a password that is verified or chosen, for all operations that do either.

use crate::{
    accounts::{MAX_DEPTH, MAX_METADATA, Violation},
    authentication::{AttemptError, ChoosePasswordError, VerifyPasswordError},
    config::LOCALE_RULE,
    hashing::HashingError,
    http::response::problem::{FieldError, Rule, problems},
    limits::LimitError,
    passwords::PasswordRule,
    person_name,
};

problems!(LimitError {
    LimitError::Limited(wait) => RateLimited.retry_after(wait),
    LimitError::Store(error) => Unavailable.log(&error),
});

problems!(HashingError {
    HashingError::Overloaded => Overloaded,
    error @ HashingError::Failed => InternalError.log(&error),
});

problems!(AttemptError {
    AttemptError::Limit(error) => (LimitError: error),
    AttemptError::Hashing(error) => (HashingError: error),
});

problems!(VerifyPasswordError {
    VerifyPasswordError::Wrong => WrongPassword,
    VerifyPasswordError::Attempt(error) => (AttemptError: error),
});

/// A password that was not accepted, in the field with this name.
pub(super) struct NotAccepted(pub(super) ChoosePasswordError, pub(super) &'static str);

problems!(NotAccepted {
    NotAccepted(ChoosePasswordError::Invalid(rule), field) => ValidationFailed.fields(vec![field_error(rule.into(), field)]),
    NotAccepted(ChoosePasswordError::Breached(error), _) => Unavailable.log(&error),
    NotAccepted(ChoosePasswordError::Hashing(error), _) => (HashingError: error),
});

/// A broken rule as the client sees it; `password` is the field that holds the new password.
pub(in crate::http) fn field_error(violation: Violation, password: &str) -> FieldError {
    match violation {
        Violation::Password(rule) => match rule {
            PasswordRule::TooShort(min) => FieldError::min_length(password, min),
            PasswordRule::TooLong(max) => FieldError::max_bytes(password, max, rule.detail()),
            PasswordRule::Common => FieldError::new(password, Rule::Common, rule.detail()),
            PasswordRule::Context => FieldError::new(password, Rule::Context, rule.detail()),
            PasswordRule::Breached => FieldError::new(password, Rule::Breached, rule.detail()),
        },
        Violation::Locale => FieldError::new("locale", Rule::Format, LOCALE_RULE),
        Violation::MetadataSize => {
            FieldError::max_bytes("user_metadata", MAX_METADATA, format!("must have at most {MAX_METADATA} bytes as JSON"))
        }
        Violation::MetadataDepth => FieldError::max_depth("user_metadata", MAX_DEPTH),
        Violation::Name => FieldError::new("name", Rule::Format, person_name::RULE),
    }
}
