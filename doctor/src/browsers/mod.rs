//! What browsers do with a cookie: stored or not, sent or not, and why. Pure: the derivation of our own cookies, the table of
//! `bifrons config check` and `bifrons doctor` all ask here, and tests hold the answers against real browsers.
//!
//! Every call is taken to be made with `credentials: "include"`: without it no browser stores or sends a cookie across origins,
//! whatever the cookie says.

mod set_cookie;
mod verdict;

pub use set_cookie::{SameSite, SetCookie};
pub use verdict::{Reason, Stored, Verdict, verdict};

use std::fmt;

/// Browsers that treat cookies alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Chrome, Edge and their kin, with third-party cookies allowed.
    Chromium,
    /// The same with third-party cookies blocked, as some builds do by default and private windows do.
    ChromiumBlocking,
    /// Firefox, which gives every third party a jar for each site it is embedded in (Total Cookie Protection).
    Firefox,
    /// Safari and its kin, which keep no third-party cookies, and no `Secure` ones from plain http, localhost included.
    SafariLike,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Chromium, Self::ChromiumBlocking, Self::Firefox, Self::SafariLike];

    /// What scripts call it.
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

/// How a page stands to the API it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The same scheme, host and port.
    SameOrigin,
    /// The same scheme and registrable domain ("schemeful same-site").
    SameSite,
    /// Anything else.
    CrossSite,
}

impl Relation {
    /// How a page of `frontend` stands to `api`.
    pub fn of(frontend: &crate::Origin, api: &crate::Origin) -> Self {
        match (frontend == api, frontend.site() == api.site()) {
            (true, _) => Self::SameOrigin,
            (false, true) => Self::SameSite,
            (false, false) => Self::CrossSite,
        }
    }

    /// As in `Sec-Fetch-Site`.
    pub fn fetch_site(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossSite => "cross-site",
        }
    }

    /// What scripts call it.
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
