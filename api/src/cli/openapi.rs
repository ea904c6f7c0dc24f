//! `bifrons openapi`.

use super::{Failure, print};
use crate::http::openapi;

/// Prints the specification, or a line an operation.
pub(super) fn run(index: bool) -> Result<(), Failure> {
    print(&if index { openapi::index() } else { openapi::spec() })
}
