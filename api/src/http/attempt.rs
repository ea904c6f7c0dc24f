//! What keeps a password from being looked at, whatever it was presented for.

use super::problem::problems;
use crate::{hashing::HashingError, limits::LimitError, users::PresentError};

problems!(LimitError {
    LimitError::Limited(wait) => RateLimited.retry_after(wait),
    LimitError::Store(error) => Unavailable.log(&error),
});

problems!(HashingError {
    HashingError::Overloaded => Overloaded,
    error @ HashingError::Failed => InternalError.log(&error),
});

problems!(PresentError {
    PresentError::Limit(error) => (error: LimitError),
    PresentError::Hashing(error) => (error: HashingError),
});
