//! `bifrons openapi`.

use super::{failure::Failure, print::print};
use crate::http::spec;

/// Prints the specification, or one line per operation.
pub(super) fn run(index: bool) -> Result<(), Failure> {
    if index { print(&spec::index()) } else { print(spec::spec()) }
}
