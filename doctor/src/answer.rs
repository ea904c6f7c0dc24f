//! What an API answered, as far as it matters to browsers.

use crate::{
    browsers::{SetCookie, date},
    second_factor,
};

/// Of a body, no more is quoted.
const MAX_QUOTED: usize = 160;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    first_line: Option<String>,
    /// Whether the body says that a second factor is due.
    pub(crate) demands_second_factor: bool,
}

impl Answer {
    /// Takes headers by lower-case name, in the order they came.
    pub fn new(status: u16, headers: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { status, headers: headers.into_iter().collect(), first_line: None, demands_second_factor: false }
    }

    /// Keeps what matters of the body, and its first line: servers say there why they refuse.
    #[must_use]
    pub fn with_body(mut self, body: &str) -> Self {
        let line = body.lines().map(str::trim).find(|line| !line.is_empty());
        self.first_line = line.map(|line| harmless(&line.chars().take(MAX_QUOTED).collect::<String>()));
        self.demands_second_factor = second_factor::is_demanded_in(body);
        self
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(given, _)| given == name).map(|(_, value)| value.trim_matches([' ', '\t'])).collect()
    }

    /// The members of a header that is a list.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let members = self.all(name).into_iter().flat_map(|value| value.split(','));
        members.map(str::trim).filter(|member| !member.is_empty()).collect()
    }

    /// A header as evidence: `vary: Origin`, or `no vary`.
    pub fn quote(&self, name: &str) -> String {
        match self.all(name) {
            none if none.is_empty() => format!("no {name}"),
            values => format!("{name}: {}", harmless(&values.join(", "))),
        }
    }

    /// The status as evidence, with where it redirects to and what a refusal says.
    pub fn quote_status(&self) -> String {
        let location = self.location().map(|to| format!(", Location: {}", harmless(to))).unwrap_or_default();
        let line = self.first_line.as_deref().filter(|_| self.status >= 400);
        format!("{}{location}{}", self.status, line.map(|line| format!(": {line}")).unwrap_or_default())
    }

    /// Whether the answer looks like that of a CORS middleware which does not allow the origin.
    pub fn speaks_of_cors(&self) -> bool {
        let says = self.first_line.as_deref().is_some_and(|line| {
            let line = line.to_ascii_lowercase();
            line.contains("cors") || line.contains("origin")
        });
        let varies = self.list("vary").iter().any(|name| name.eq_ignore_ascii_case("origin"));
        says || varies || self.headers.iter().any(|(name, _)| name.starts_with("access-control-"))
    }

    /// Where it redirects to, if it does (Fetch, "redirect status").
    pub fn location(&self) -> Option<&str> {
        let redirects = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        self.all("location").first().copied().filter(|_| redirects)
    }

    /// The headers that name the server.
    pub fn signs(&self) -> Vec<(String, String)> {
        let names = ["server", "x-powered-by"];
        self.headers.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect()
    }

    pub fn cookies(&self) -> Vec<SetCookie> {
        self.all("set-cookie").into_iter().filter_map(SetCookie::parse).collect()
    }

    /// The server's clock, which browsers measure `Expires` by.
    pub fn date(&self) -> Option<i64> {
        self.all("date").first().and_then(|text| date::unix_seconds(text))
    }
}

/// Evidence is printed on a terminal, which must not obey it.
pub(crate) fn harmless(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::Answer;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
        Answer::new(status, headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn lists_span_headers() {
        let answer = answer(200, &[("vary", "Accept, Origin"), ("x", "y"), ("vary", " Cookie,,")]);
        assert_eq!(answer.list("vary"), ["Accept", "Origin", "Cookie"]);
        assert_eq!(answer.quote("vary"), "vary: Accept, Origin, Cookie,,");
        assert_eq!(answer.quote("age"), "no age");
    }

    #[test]
    fn control_characters_do_nothing() {
        let answer = answer(403, &[("set-cookie", "a=1\u{9b}31m"), ("set-cookie", "\u{9b}c=1")]).with_body("\n \u{1b}[2J no\nmore");
        let names: Vec<_> = answer.cookies().into_iter().map(|cookie| cookie.name).collect();
        assert_eq!(names, ["a", "\u{fffd}c"]);
        assert_eq!(answer.quote_status(), "403: \u{fffd}[2J no");
    }

    #[test]
    fn a_status_is_quoted_with_its_location_and_the_words_of_a_refusal() {
        assert_eq!(answer(307, &[("location", "/login/")]).with_body("moved").quote_status(), "307, Location: /login/");
        assert_eq!(
            answer(201, &[("location", "/sessions/1")]).with_body("secret").quote_status(),
            "201",
            "no redirect, no refusal"
        );
        assert_eq!(answer(400, &[]).with_body(&"x".repeat(500)).quote_status().len(), 165);
    }
}
