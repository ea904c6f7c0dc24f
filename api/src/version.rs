//! What this binary was built from.

use std::sync::LazyLock;

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit, if the build was told it. A build for development is not: it would be compiled anew after each commit.
pub const COMMIT: &str = match option_env!("BIFRONS_COMMIT") {
    Some(commit) => commit,
    None => "development",
};

/// The day of the commit.
const DATE: Option<&str> = option_env!("BIFRONS_COMMIT_DATE");

/// What `bifrons --version` says after the name.
pub static LONG: LazyLock<String> = LazyLock::new(|| match DATE {
    Some(date) => format!("{VERSION} ({COMMIT}, {date})"),
    None => format!("{VERSION} ({COMMIT})"),
});
