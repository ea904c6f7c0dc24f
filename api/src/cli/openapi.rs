//! `bifrons openapi`.

use super::{failure::Failure, print::print};
use crate::http::spec;

/// Prints a specification, or one line per operation.
pub(super) fn run(admin: bool, index: bool) -> Result<(), Failure> {
    let api = if admin { spec::Api::Admin } else { spec::Api::Public };
    print(&if index { spec::index(api) } else { spec::spec(api) })
}
