//! Looks at a page in Chromium: how its code calls the API. Nothing else tells the credentials mode of a call.

mod browser;
mod error;
mod stop;
mod tab;

use std::{fmt, net::SocketAddr, time::Duration};

pub use error::LookError;
pub use stop::Stop;

use crate::Origin;
use browser::Browser;

/// The page to look at, and how.
#[derive(Clone)]
pub struct Visit {
    /// The page that signs in.
    pub url: url::Url,
    pub api: Origin,
    /// The values of the sign-in: they are typed into the form of the page.
    pub values: Vec<(String, String)>,
    /// Method and path of the sign-in: once the page has made it, it has shown enough.
    pub sign_in: (String, String),
    /// Where to connect instead of the address in DNS.
    pub connect: Option<SocketAddr>,
    /// Whether the certificate is from an authority that the browser does not know: the doctor checks it.
    pub own_authority: bool,
    pub timeout: Duration,
}

/// The origin alone: the values are credentials.
impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Visit({})", self.url.origin().ascii_serialization())
    }
}

/// What a page was seen to do.
#[derive(Clone, Debug)]
pub struct Look {
    pub page: Origin,
    /// The calls to the API, in their order.
    pub calls: Vec<PageCall>,
    /// Whether a form with a password was found.
    pub form: bool,
}

/// A call of a page's script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageCall {
    pub method: String,
    /// Without the query, which may hold credentials.
    pub url: String,
    /// `include`, `same-origin` or `omit`.
    pub credentials: String,
}

impl Look {
    /// The credentials mode of a call. Of several, one that leaves them out counts.
    pub fn credentials(&self, api: &Origin, method: &str, path: &str) -> Option<&str> {
        let url = format!("{}{}", api.as_str(), path.split('?').next().unwrap_or_default());
        let mut modes = self.calls.iter().filter(|call| call.method == method && call.url == url).map(|call| &*call.credentials);
        let first = modes.next()?;
        Some(if first == "include" { modes.find(|mode| *mode != "include").unwrap_or(first) } else { first })
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told: Vec<String> = Vec::new();
        for PageCall { method, url, credentials } in &self.calls {
            let call = format!("{method} {url} ({credentials})");
            if !told.contains(&call) {
                told.push(call);
            }
        }
        f.write_str(&told.join(", "))
    }
}

/// Opens the page in Chromium, with a profile of its own, and signs in there as a user would. Once it is to stop, the browser closes
/// and the profile is removed before this returns.
pub fn look(visit: &Visit, stop: &Stop) -> Result<Look, LookError> {
    let page = Origin::parse(&visit.url.origin().ascii_serialization()).map_err(|_| LookError::NoPage(visit.url.to_string()))?;
    let mut browser = Browser::start(visit, stop)?;
    let (calls, form) = tab::watch(&mut browser, visit)?;
    let calls = calls.into_iter().filter(|call| {
        let rest = call.url.strip_prefix(visit.api.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    Ok(Look { page, calls: calls.collect(), form })
}

#[cfg(test)]
mod tests {
    use super::{Look, PageCall};
    use crate::Origin;

    #[test]
    fn of_two_calls_the_careless_one_counts() {
        let api = Origin::parse("https://api.example.com").unwrap();
        let call = |method: &str, path: &str, credentials: &str| PageCall {
            method: method.to_owned(),
            url: format!("{}{path}", api.as_str()),
            credentials: credentials.to_owned(),
        };
        let calls = vec![call("POST", "/login", "include"), call("GET", "/me", "include"), call("GET", "/me", "same-origin")];
        let look = Look { page: Origin::parse("https://app.example.com").unwrap(), calls, form: true };
        assert_eq!(look.credentials(&api, "POST", "/login"), Some("include"));
        assert_eq!(look.credentials(&api, "GET", "/me?x=1"), Some("same-origin"));
        assert_eq!(look.credentials(&api, "GET", "/login"), None);
        assert!(look.to_string().starts_with("POST https://api.example.com/login (include), GET"));
    }
}
