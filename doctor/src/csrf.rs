//! Finds the token that a page gives to forms and scripts against cross-site request forgery.

use crate::Answer;

/// Looks at the cookies first, then at hidden fields, `meta` elements and members of JSON: the first name that speaks of CSRF counts.
pub(crate) fn find_token(answer: &Answer, body: &str) -> Option<String> {
    let cookies = answer.cookies();
    let cookie = cookies.iter().find(|cookie| names_a_token(&cookie.name)).map(|cookie| cookie.value.expose().to_owned());
    cookie.or_else(|| in_html(body)).or_else(|| in_json(body))
}

pub(crate) fn names_a_token(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("csrf") || name.contains("xsrf")
}

fn in_html(body: &str) -> Option<String> {
    let tags = body.split('<').filter(|tag| tag.starts_with("input") || tag.starts_with("meta"));
    let named = tags.filter(|tag| attribute(tag, "name").is_some_and(names_a_token));
    named.into_iter().find_map(|tag| attribute(tag, "value").or_else(|| attribute(tag, "content"))).map(str::to_owned)
}

/// The value of an attribute, quoted or not.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag.split('>').next()?;
    loop {
        let at = rest.find(name)?;
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

fn in_json(body: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let member = value.as_object()?.iter().find(|(name, value)| names_a_token(name) && value.is_string())?;
    member.1.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::find_token;
    use crate::Answer;

    #[test]
    fn tokens_are_found_where_frameworks_put_them() {
        let page = |body: &str| find_token(&Answer::new(200, []), body);
        for (body, token) in [
            (r#"<form><input type="hidden" name="csrfmiddlewaretoken" value="abc"></form>"#, Some("abc")),
            (r"<input value='abc' type=hidden name=_csrf>", Some("abc")),
            (r#"<meta name="csrf-token" content="abc" />"#, Some("abc")),
            (r#"{"csrfToken":"abc"}"#, Some("abc")),
            (r#"<input name="email" value="csrf">"#, None),
            (r#"{"csrf":1}"#, None),
            ("", None),
        ] {
            assert_eq!(page(body).as_deref(), token, "{body}");
        }
        let cookie = Answer::new(200, [("set-cookie".to_owned(), "XSRF-TOKEN=xyz; Path=/".to_owned())]);
        assert_eq!(find_token(&cookie, r#"{"csrf":"abc"}"#).as_deref(), Some("xyz"));
    }

    proptest! {
        #[test]
        fn any_page_is_searched_without_a_panic(body in any::<String>(), tag in "[<>a-z=\"' é]{0,60}") {
            let _ = find_token(&Answer::new(200, []), &body);
            let _ = find_token(&Answer::new(200, []), &format!("<input name=csrf {tag}"));
        }
    }
}
