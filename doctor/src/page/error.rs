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
    #[error("the page {url} did not answer within {} s; check --page, or give a longer --timeout", timeout.as_secs())]
    Unanswered { url: String, timeout: Duration },
    #[error("the page {url} hangs: its scripts did not return within {} s; look at what they do at the sign-in", timeout.as_secs())]
    Hangs { url: String, timeout: Duration },
    #[error("stopped before the page was seen")]
    Stopped,
    #[error("the browser cannot open {url}: {cause}")]
    Open { url: String, cause: String },
}
