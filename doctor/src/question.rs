//! The call that a page makes to sign in, and what a browser adds to it (Fetch, sections 3.2, 4.8 and 4.9).

use crate::{Origin, browsers::Relation};

/// A call, from whichever page.
#[derive(Clone, Debug)]
pub struct Question {
    /// In capitals, as browsers send it.
    pub method: String,
    /// Where the API listens for sign-ins.
    pub path: String,
    /// What the body is.
    pub content_type: String,
}

impl Question {
    /// Whether a call has a body, and so a content type.
    pub fn has_body(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD")
    }

    /// Whether the browser must ask before it may name this content type to another origin.
    pub fn asks_for_content_type(&self) -> bool {
        let essence = self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let form = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"].contains(&essence.as_str());
        self.has_body() && !form
    }

    /// Whether the browser must ask before it may use this method with another origin.
    pub fn asks_for_method(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "POST")
    }

    /// The headers of the preflight, if there is one.
    pub fn preflight(&self, page: &Origin, api: &Origin) -> Option<Vec<(&'static str, String)>> {
        let relation = Relation::of(page, api);
        if relation == Relation::SameOrigin || !(self.asks_for_content_type() || self.asks_for_method()) {
            return None;
        }
        let mut headers = fetch_metadata(relation, api);
        headers.push(("origin", page.as_str().to_owned()));
        headers.push(("access-control-request-method", self.method.clone()));
        if self.asks_for_content_type() {
            headers.push(("access-control-request-headers", "content-type".to_owned()));
        }
        Some(headers)
    }

    /// The headers of the call itself.
    pub fn headers(&self, page: &Origin, api: &Origin) -> Vec<(&'static str, String)> {
        let relation = Relation::of(page, api);
        let mut headers = fetch_metadata(relation, api);
        if relation != Relation::SameOrigin || self.has_body() {
            headers.push(("origin", page.as_str().to_owned()));
        }
        if self.has_body() {
            headers.push(("content-type", self.content_type.clone()));
        }
        headers
    }
}

fn fetch_metadata(relation: Relation, api: &Origin) -> Vec<(&'static str, String)> {
    let mut headers = vec![("accept", "*/*".to_owned())];
    // Browsers tell them to trustworthy URLs alone.
    if api.is_secure() || api.is_loopback() {
        headers.push(("sec-fetch-site", relation.fetch_site().to_owned()));
        headers.push(("sec-fetch-mode", "cors".to_owned()));
        headers.push(("sec-fetch-dest", "empty".to_owned()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::Question;
    use crate::Origin;

    fn question(method: &str, content_type: &str) -> Question {
        Question { method: method.to_owned(), path: "/".to_owned(), content_type: content_type.to_owned() }
    }

    fn names(headers: &[(&'static str, String)]) -> String {
        let names: Vec<_> = headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        names.join(" ")
    }

    #[test]
    fn only_calls_that_a_form_could_not_make_are_preflighted() {
        let (page, api) = (Origin::parse("https://app.example.com").unwrap(), Origin::parse("https://api.example.com").unwrap());
        for (method, content_type, preflighted) in [
            ("POST", "application/json", true),
            ("POST", "text/plain;charset=UTF-8", false),
            ("POST", "Multipart/Form-Data; boundary=x", false),
            ("PUT", "text/plain", true),
            ("GET", "application/json", false),
            ("DELETE", "text/plain", true),
        ] {
            assert_eq!(question(method, content_type).preflight(&page, &api).is_some(), preflighted, "{method} {content_type}");
            assert!(question(method, content_type).preflight(&api, &api).is_none(), "same origin");
        }
    }

    #[test]
    fn headers_are_those_of_a_browser() {
        let (page, api) = (Origin::parse("https://app.example.com").unwrap(), Origin::parse("https://api.example.com").unwrap());
        let json = question("POST", "application/json");
        assert_eq!(
            names(&json.preflight(&page, &api).unwrap()),
            "accept=*/* sec-fetch-site=same-site sec-fetch-mode=cors sec-fetch-dest=empty origin=https://app.example.com \
             access-control-request-method=POST access-control-request-headers=content-type"
        );
        let plain = Origin::parse("http://api.example.com").unwrap();
        assert_eq!(names(&json.headers(&page, &plain)), "accept=*/* origin=https://app.example.com content-type=application/json");
        assert!(!names(&question("GET", "").headers(&api, &api)).contains("origin="), "a read of one's own names no origin");
    }
}
