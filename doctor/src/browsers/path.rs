//! Which calls a cookie goes along with (RFC 6265bis section 5.1.4).

/// The path of a cookie that has none: the folder of the URL that set it.
pub(super) fn default_path(request_path: &str) -> &str {
    let path = request_path.split(['?', '#']).next().unwrap_or_default();
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(end) => &path[..end],
    }
}

/// Whether a cookie of `cookie_path` goes along with a call to `request_path`.
pub fn path_matches(cookie_path: &str, request_path: &str) -> bool {
    let path = request_path.split(['?', '#']).next().unwrap_or_default();
    path.strip_prefix(cookie_path).is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{default_path, path_matches};

    #[test]
    fn without_a_path_a_cookie_stays_in_the_folder_that_set_it() {
        for (request, folder) in
            [("/login", "/"), ("/auth/login?next=/a/b", "/auth"), ("/auth/", "/auth"), ("/", "/"), ("", "/"), ("login", "/")]
        {
            assert_eq!(default_path(request), folder, "{request}");
        }
    }

    #[test]
    fn a_path_covers_itself_and_what_is_below() {
        for (cookie, request, covered) in [
            ("/", "/v1/session", true),
            ("/v1", "/v1", true),
            ("/v1", "/v1/session?x=/y", true),
            ("/v1/", "/v1/session", true),
            ("/v1", "/v10", false),
            ("/v1/", "/v1", false),
            ("/login", "/session", false),
            ("/V1", "/v1", false),
        ] {
            assert_eq!(path_matches(cookie, request), covered, "{cookie} {request}");
        }
    }
}
