//! The token that a page gives to forms and scripts against cross-site request forgery.

use percent_encoding::percent_decode_str;

use crate::{Answer, Origin, browsers::SetCookie};

/// A page that gave a token, and cookies that go along with the sign-in.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The path of the page.
    pub path: String,
    pub answer: Answer,
    /// The cookie that holds the token. None: the body does.
    pub cookie: Option<SetCookie>,
}

impl Guard {
    /// The cookies without which the API refuses the sign-in: those of the token, or, if none is named so, of the session that the
    /// token belongs to.
    pub fn needed(&self) -> Vec<SetCookie> {
        let (named, others): (Vec<_>, Vec<_>) = self.answer.cookies().into_iter().partition(|cookie| names_a_token(&cookie.name));
        if named.is_empty() { others } else { named }
    }

    /// Whether scripts of a page can read the token, as far as its cookie decides that.
    pub fn is_readable(&self, page: &Origin, api: &Origin) -> bool {
        self.cookie.as_ref().is_none_or(|cookie| {
            let covers = |domain: &str| page.host() == domain || page.host().ends_with(&format!(".{domain}"));
            let host = page.host() == api.host() || cookie.domain.as_deref().is_some_and(covers);
            host && !cookie.http_only
        })
    }
}

/// A token, and the cookie that it was found in.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) value: String,
    pub(crate) cookie: Option<SetCookie>,
}

/// Looks at hidden fields, `meta` elements and members of JSON first: a page writes the token there to be sent. A cookie of that name
/// may hold the secret behind the token instead.
pub(crate) fn find_token(answer: &Answer, body: &str) -> Option<Token> {
    let written = in_html(body).or_else(|| in_json(body));
    let written = written.map(|value| Token { value, cookie: None });
    written.or_else(|| {
        let cookie = answer.cookies().into_iter().find(|cookie| names_a_token(&cookie.name))?;
        // Servers encode what is no token of HTTP in a cookie; the libraries of pages decode it before they send it.
        let value = percent_decode_str(cookie.value.expose()).decode_utf8_lossy().into_owned();
        Some(Token { value, cookie: Some(cookie) })
    })
}

/// The token as it stands in a body of this type.
pub(crate) fn encode(token: &str, content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => url::form_urlencoded::byte_serialize(token.as_bytes()).collect(),
        json if json == "application/json" || json.ends_with("+json") => {
            let quoted = serde_json::Value::from(token).to_string();
            quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(token).to_owned()
        }
        _ => token.to_owned(),
    }
}

pub(crate) fn names_a_token(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let names = ["csrf", "xsrf", "authenticity_token", "requestverificationtoken", "antiforgery"];
    // Some pages say beside the token which header or field it goes into.
    let said = ["param", "header"].iter().any(|word| name.contains(word));
    !said && names.iter().any(|known| name.contains(known))
}

fn in_html(body: &str) -> Option<String> {
    let tags = body.split('<').filter(|tag| {
        let element = tag.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        element.eq_ignore_ascii_case("input") || element.eq_ignore_ascii_case("meta")
    });
    let mut named = tags.filter(|tag| attribute(tag, "name").is_some_and(names_a_token));
    named.find_map(|tag| attribute(tag, "value").or_else(|| attribute(tag, "content"))).map(unescaped)
}

/// The value of an attribute, quoted or not.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag.split('>').next()?;
    loop {
        let at = rest.to_ascii_lowercase().find(name)?;
        let after = rest.get(at + name.len()..)?.trim_start();
        let begins = rest.get(..at)?.ends_with(|c: char| c.is_ascii_whitespace());
        if let Some(value) = after.strip_prefix('=').map(str::trim_start).filter(|_| begins) {
            return match value.chars().next()? {
                quote @ ('"' | '\'') => value.get(1..)?.split(quote).next(),
                _ => value.split_ascii_whitespace().next(),
            };
        }
        rest = after;
    }
}

/// Base64 has `+` and `=`, which some frameworks write as references.
fn unescaped(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let reference = after.split_once(';').and_then(|(name, behind)| Some((character(name)?, behind)));
        if let Some((character, behind)) = reference {
            text.push(character);
            rest = behind;
        } else {
            text.push('&');
            rest = after;
        }
    }
    text + rest
}

fn character(reference: &str) -> Option<char> {
    let numeric = |number: &str| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    };
    match reference.strip_prefix('#') {
        Some(number) => numeric(number).and_then(char::from_u32),
        None => match reference {
            "amp" => Some('&'),
            "quot" => Some('"'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "apos" => Some('\''),
            _ => None,
        },
    }
}

fn in_json(body: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let object = value.as_object()?;
    let named = object.iter().find(|(name, value)| names_a_token(name) && value.is_string());
    // Spring Security: {"token":"…","parameterName":"_csrf","headerName":"X-CSRF-TOKEN"}
    let described = || object.get("parameterName").and_then(|_| object.get("token"));
    named.map(|(_, value)| value).or_else(described)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Guard, encode, find_token};
    use crate::{Answer, Origin, browsers::SetCookie};

    fn with_cookies(cookies: &[&str]) -> Answer {
        Answer::new(200, cookies.iter().map(|cookie| ("set-cookie".to_owned(), (*cookie).to_owned())))
    }

    #[test]
    fn tokens_are_found_where_frameworks_put_them() {
        for (body, token) in [
            (r#"<form><input type="hidden" name="csrfmiddlewaretoken" value="abc"></form>"#, Some("abc")),
            (r"<input value='abc' type=hidden name=_csrf>", Some("abc")),
            (r#"<meta name="csrf-token" content="abc" />"#, Some("abc")),
            (r#"<META NAME="csrf-param" CONTENT="authenticity_token"><META NAME="csrf-token" CONTENT="abc">"#, Some("abc")),
            (r#"<input name="authenticity_token" value="abc">"#, Some("abc")),
            (r#"<input name="__RequestVerificationToken" value="a&#x2B;b&#61;&amp;&none;">"#, Some("a+b=&&none;")),
            (r#"<meta name="_csrf" content="abc"><meta name="_csrf_header" content="X-CSRF-TOKEN">"#, Some("abc")),
            (r#"{"csrfToken":"abc"}"#, Some("abc")),
            (r#"{"headerName":"X-CSRF-TOKEN","parameterName":"_csrf","token":"abc"}"#, Some("abc")),
            (r#"<input name="email" value="csrf">"#, None),
            (r#"{"csrf":1}"#, None),
            (r#"{"token":"abc"}"#, None),
            ("", None),
        ] {
            assert_eq!(find_token(&with_cookies(&[]), body).map(|token| token.value).as_deref(), token, "{body}");
        }
        let cookie = with_cookies(&["XSRF-TOKEN=a%3D%2B+b; Path=/"]);
        let found = find_token(&cookie, "").unwrap();
        assert_eq!((found.value.as_str(), found.cookie.unwrap().name.as_str()), ("a=++b", "XSRF-TOKEN"));
        let both = find_token(&with_cookies(&["_csrf=secret; Path=/"]), r#"{"csrf":"abc"}"#).unwrap();
        assert!(both.value == "abc" && both.cookie.is_none(), "the body says what to send");
    }

    #[test]
    fn a_token_is_encoded_as_its_body_is() {
        assert_eq!(encode("a+b/c=&", "application/x-www-form-urlencoded; charset=utf-8"), "a%2Bb%2Fc%3D%26");
        assert_eq!(encode("a\"b", "application/json"), "a\\\"b");
        assert_eq!(encode("a+b", "text/plain"), "a+b");
    }

    #[test]
    fn a_script_reads_the_cookies_of_its_own_host_alone() {
        let (page, api) = (Origin::parse("https://app.example.com").unwrap(), Origin::parse("https://api.example.com").unwrap());
        let guard = |cookie: &str| Guard { path: "/".into(), answer: with_cookies(&[cookie]), cookie: SetCookie::parse(cookie) };
        for (cookie, page, readable) in [
            ("csrf=x; Path=/", &api, true),
            ("csrf=x; Path=/; HttpOnly", &api, false),
            ("csrf=x; Path=/", &page, false),
            ("csrf=x; Path=/; Domain=example.com", &page, true),
            ("csrf=x; Path=/; Domain=api.example.com", &page, false),
        ] {
            assert_eq!(guard(cookie).is_readable(page, &api), readable, "{cookie} at {}", page.as_str());
        }
        let names = |cookies: &[&str]| {
            let guard = Guard { path: "/".into(), answer: with_cookies(cookies), cookie: None };
            guard.needed().into_iter().map(|cookie| cookie.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["theme=dark", "csrf=x"]), ["csrf"]);
        assert_eq!(names(&["laravel_session=x"]), ["laravel_session"]);
    }

    proptest! {
        #[test]
        fn any_page_is_searched_without_a_panic(body in any::<String>(), tag in "[<>a-zA-Z=\"' é&#;]{0,60}") {
            let _ = find_token(&Answer::new(200, []), &body);
            let _ = find_token(&Answer::new(200, []), &format!("<input name=csrf {tag}"));
        }
    }
}
