//! A call that a page makes, and what a browser adds to it (Fetch, sections 3.2, 4.8 and 4.9).

use crate::{Origin, browsers::Relation};

/// Headers by lower-case name.
pub type Headers = Vec<(String, String)>;

/// A call, from a page of any origin.
#[derive(Clone)]
pub struct Call {
    /// In capitals, as browsers send it.
    pub method: String,
    /// With the query.
    pub path: String,
    /// Of the body; calls without a body have none.
    pub content_type: String,
    /// The headers that the page adds. Their values may be credentials.
    pub headers: Headers,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({} {})", self.method, self.path)
    }
}

impl Call {
    /// A read of `path`, with the headers that the page adds.
    pub fn get(path: &str, headers: Headers) -> Self {
        Self { method: "GET".to_owned(), path: path.to_owned(), content_type: String::new(), headers }
    }

    pub fn has_body(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD")
    }

    /// The headers that a page may send to another origin only with its permission: sorted, in lower case.
    pub fn unsafe_headers(&self) -> Vec<String> {
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.clone()).filter(|name| !is_safelisted(name)).collect();
        let essence = self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let form = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"].contains(&essence.as_str());
        if self.has_body() && !self.content_type.is_empty() && !form {
            names.push("content-type".to_owned());
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether a page may use this method with another origin only with its permission.
    pub fn has_unsafe_method(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "POST")
    }

    pub fn needs_preflight(&self) -> bool {
        self.has_unsafe_method() || !self.unsafe_headers().is_empty()
    }

    /// The headers of a preflight that asks for a method and headers.
    pub fn preflight_headers(origin: &str, page: &Origin, api: &Origin, method: &str, asked: &[String]) -> Headers {
        let mut headers = fetch_metadata(Relation::of(page, api), api);
        headers.push(("origin".to_owned(), origin.to_owned()));
        headers.push(("access-control-request-method".to_owned(), method.to_owned()));
        if !asked.is_empty() {
            headers.push(("access-control-request-headers".to_owned(), asked.join(",")));
        }
        headers
    }

    /// The headers of the call itself. `origin` is the page's, or `null` after some redirects.
    pub fn request_headers(&self, origin: &str, page: &Origin, api: &Origin) -> Headers {
        let relation = Relation::of(page, api);
        let mut headers = fetch_metadata(relation, api);
        if relation != Relation::SameOrigin || self.has_body() {
            headers.push(("origin".to_owned(), origin.to_owned()));
        }
        if self.has_body() && !self.content_type.is_empty() {
            headers.push(("content-type".to_owned(), self.content_type.clone()));
        }
        headers.extend(self.headers.iter().cloned());
        headers
    }
}

/// Content-Type is safe for some values alone, and treated apart.
fn is_safelisted(name: &str) -> bool {
    matches!(name, "accept" | "accept-language" | "content-language" | "content-type")
}

fn fetch_metadata(relation: Relation, api: &Origin) -> Headers {
    let mut headers = vec![("accept".to_owned(), "*/*".to_owned())];
    // Browsers send these to trustworthy URLs alone.
    if api.is_secure() || api.is_loopback() {
        headers.push(("sec-fetch-site".to_owned(), relation.fetch_site().to_owned()));
        headers.push(("sec-fetch-mode".to_owned(), "cors".to_owned()));
        headers.push(("sec-fetch-dest".to_owned(), "empty".to_owned()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::{Call, Headers};
    use crate::Origin;

    fn call(method: &str, content_type: &str, headers: &[&str]) -> Call {
        let headers = headers.iter().map(|name| ((*name).to_owned(), "1".to_owned())).collect();
        Call { method: method.to_owned(), path: "/".to_owned(), content_type: content_type.to_owned(), headers }
    }

    fn names(headers: &Headers) -> String {
        let names: Vec<_> = headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        names.join(" ")
    }

    #[test]
    fn only_calls_that_a_form_could_not_make_are_preflighted() {
        for (method, content_type, headers, preflighted) in [
            ("POST", "application/json", [].as_slice(), true),
            ("POST", "text/plain;charset=UTF-8", &[], false),
            ("POST", "Multipart/Form-Data; boundary=x", &[], false),
            ("POST", "text/plain", &["accept-language"], false),
            ("POST", "text/plain", &["x-csrf-token"], true),
            ("PUT", "text/plain", &[], true),
            ("GET", "application/json", &[], false),
            ("GET", "", &["authorization"], true),
            ("DELETE", "text/plain", &[], true),
        ] {
            assert_eq!(call(method, content_type, headers).needs_preflight(), preflighted, "{method} {content_type} {headers:?}");
        }
        let all = call("POST", "application/json", &["x-csrf-token", "authorization", "accept"]).unsafe_headers();
        assert_eq!(all, ["authorization", "content-type", "x-csrf-token"]);
    }

    #[test]
    fn headers_are_those_of_a_browser() {
        let (page, api) = (Origin::parse("https://app.example.com").unwrap(), Origin::parse("https://api.example.com").unwrap());
        let json = call("POST", "application/json", &["x-csrf-token"]);
        assert_eq!(
            names(&Call::preflight_headers(page.as_str(), &page, &api, "POST", &json.unsafe_headers())),
            "accept=*/* sec-fetch-site=same-site sec-fetch-mode=cors sec-fetch-dest=empty origin=https://app.example.com \
             access-control-request-method=POST access-control-request-headers=content-type,x-csrf-token"
        );
        let plain = Origin::parse("http://api.example.com").unwrap();
        assert_eq!(
            names(&json.request_headers(page.as_str(), &page, &plain)),
            "accept=*/* origin=https://app.example.com content-type=application/json x-csrf-token=1"
        );
        let read = Call::get("/", Vec::new()).request_headers(api.as_str(), &api, &api);
        assert!(!names(&read).contains("origin="), "a same-origin read names no origin");
    }
}
