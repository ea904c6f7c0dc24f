//! What browsers do with a cookie: stored or not, sent or not, and why. Pure functions: the service derives its cookies with
//! them, `bifrons config check` and `bifrons doctor` print their answers, and tests compare them with real browsers.
//!
//! Every call is assumed to have `credentials: "include"`. Without it no browser stores or sends a cookie across origins.

pub mod date;
mod firefox_date;
mod jar;
mod lifetime;
mod path;
mod set_cookie;
mod verdict;

pub use jar::{Fate, Jar, Setting};
pub use lifetime::Lifetime;
pub use path::path_matches;
pub use set_cookie::{CookieValue, SameSite, SetCookie};
pub use verdict::{Reason, Stored, Verdict, verdict};

use std::fmt;

use crate::Origin;

/// Browsers that treat cookies alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Chrome, Edge and other Chromium browsers that allow third-party cookies.
    Chromium,
    /// The same with third-party cookies blocked: the default of some builds, and of private windows.
    ChromiumBlocking,
    /// Firefox, which keeps a third party's cookies apart for each site that embeds it (Total Cookie Protection).
    Firefox,
    /// Safari and other WebKit browsers: no third-party cookies, and no `Secure` cookies from `http://localhost`.
    SafariLike,
}

impl Family {
    pub const ALL: [Self; 4] = [Self::Chromium, Self::ChromiumBlocking, Self::Firefox, Self::SafariLike];

    pub(crate) fn is_chromium(self) -> bool {
        matches!(self, Self::Chromium | Self::ChromiumBlocking)
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::ChromiumBlocking => "chromium_blocking",
            Self::Firefox => "firefox",
            Self::SafariLike => "safari_like",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chromium => "Chromium",
            Self::ChromiumBlocking => "Chromium, third-party cookies blocked",
            Self::Firefox => "Firefox",
            Self::SafariLike => "Safari-like",
        })
    }
}

/// The relation of a page to the API that it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The same scheme, host and port.
    SameOrigin,
    /// The same scheme and registrable domain ("schemeful same-site").
    SameSite,
    CrossSite,
}

impl Relation {
    pub fn of(frontend: &Origin, api: &Origin) -> Self {
        match (frontend == api, frontend.site() == api.site()) {
            (true, _) => Self::SameOrigin,
            (false, true) => Self::SameSite,
            (false, false) => Self::CrossSite,
        }
    }

    /// The value of `Sec-Fetch-Site`.
    pub fn fetch_site(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossSite => "cross-site",
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::SameOrigin => "same_origin",
            Self::SameSite => "same_site",
            Self::CrossSite => "cross_site",
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SameOrigin => "same origin",
            Self::SameSite => "same site",
            Self::CrossSite => "cross-site",
        })
    }
}
