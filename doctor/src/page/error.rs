//! Why a page could not be looked at.

use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum LookError {
    #[error("{0} is no http or https page")]
    NoPage(String),
    #[error("--page needs Chromium, and none of {0} is installed: install one, or name it with CHROMIUM_BIN")]
    NoBrowser(String),
    #[error("the browser cannot be started: {0}")]
    Start(#[from] std::io::Error),
    #[error("the browser ended before the page was seen; start it by hand to see why: {0}")]
    Ended(String),
    #[error("the browser {program} did not answer within {} s", limit.as_secs())]
    Silent { program: String, limit: Duration },
    #[error("the browser cannot open {url}: {cause}")]
    Open { url: String, cause: String },
}
