//! What the specification says depends on the configuration: names of cookies, the URL, audiences, lengths of passwords.

use crate::config::{Config, CookiePolicy, DEFAULT_AUDIENCE};

/// The effective values of a deployment.
#[derive(Clone)]
pub(super) struct Effective {
    pub(super) cookies: CookiePolicy,
    /// The URL of the service; `/` for the host that the document is from.
    pub(super) url: String,
    /// The audiences of `mintAccessToken`; `None` if they are not known.
    pub(super) audiences: Option<Vec<String>>,
    /// The minimum number of characters of a new password; `None` for the smallest that can be configured.
    pub(super) min_password: Option<usize>,
    /// The maximum number of bytes of a new password, and so of its characters.
    pub(super) max_password: Option<usize>,
}

impl Effective {
    /// Those of the document in the repository: the names of production, and what holds for every deployment.
    pub(super) fn any() -> Self {
        Self { cookies: CookiePolicy::production(), url: "/".to_owned(), audiences: None, min_password: None, max_password: None }
    }

    pub(super) fn of(config: &Config) -> Self {
        Self {
            cookies: config.callers.get().cookies.clone(),
            url: config.public_url.as_str().to_owned(),
            audiences: Some(config.tokens.audiences.clone()),
            min_password: Some(config.passwords.min_length),
            max_password: Some(config.passwords.max_bytes),
        }
    }

    /// The audience in examples.
    pub(super) fn audience(&self) -> &str {
        self.audiences.as_ref().and_then(|audiences| audiences.first()).map_or(DEFAULT_AUDIENCE, String::as_str)
    }
}
