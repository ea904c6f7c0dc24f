//! `bifrons openapi`.

use super::{Failure, print};
use crate::http::openapi;

/// Prints the specification, or one line per operation.
pub(super) fn run(index: bool) -> Result<(), Failure> {
    if index { print(&openapi::index()) } else { print(openapi::spec()) }
}
