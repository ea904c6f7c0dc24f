//! What an API answered, as far as browsers look at it for CORS and cookies.

use crate::browsers::SetCookie;

/// A status and headers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// Takes headers by lower-case name, in the order they came.
    pub fn new(status: u16, headers: impl IntoIterator<Item = (String, String)>) -> Self {
        // Values end up on a terminal, which must not obey them.
        let harmless = |text: String| text.replace(char::is_control, "\u{fffd}");
        Self { status, headers: headers.into_iter().map(|(name, value)| (name, harmless(value))).collect() }
    }

    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(given, _)| given == name).map(|(_, value)| value.trim()).collect()
    }

    /// The members of a header that is a list.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let members = self.all(name).into_iter().flat_map(|value| value.split(','));
        members.map(str::trim).filter(|member| !member.is_empty()).collect()
    }

    /// A header as a person would write it down.
    pub fn quote(&self, name: &str) -> String {
        match self.all(name) {
            none if none.is_empty() => format!("no {name}"),
            values => format!("{name}: {}", values.join(", ")),
        }
    }

    /// The cookies that it sets, without those that it takes back.
    pub fn cookies(&self) -> Vec<SetCookie> {
        let cookies = self.all("set-cookie").into_iter().filter_map(SetCookie::parse);
        cookies.filter(|cookie| !cookie.expired).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    fn answer(headers: &[(&str, &str)]) -> Answer {
        Answer::new(200, headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn lists_span_headers() {
        let answer = answer(&[("vary", "Accept, Origin"), ("x", "y"), ("vary", " Cookie,,")]);
        assert_eq!(answer.list("vary"), ["Accept", "Origin", "Cookie"]);
        assert_eq!(answer.quote("vary"), "vary: Accept, Origin, Cookie,,");
        assert_eq!(answer.quote("age"), "no age");
    }

    #[test]
    fn a_cookie_taken_back_is_none_and_control_characters_do_nothing() {
        let answer = answer(&[("set-cookie", "a=1\u{9b}31m"), ("set-cookie", "b=; Max-Age=0"), ("set-cookie", "\u{9b}c=1")]);
        let names: Vec<_> = answer.cookies().into_iter().map(|cookie| cookie.name).collect();
        assert_eq!(names, ["a", "\u{fffd}c"]);
    }
}
