//! Origins of websites: the API's own and those of its frontends.

use doctor::Origin;

/// The origin of a frontend.
pub(super) fn frontend(text: &str) -> Result<Origin, String> {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    if !matches!(scheme, "" | "http" | "https") {
        return Err("is no website; list it under native_origins, for token mode".to_owned());
    }
    site(text)
}

/// The origin of a website. Browsers take a host with a dot at the end for another site.
pub(super) fn site(text: &str) -> Result<Origin, String> {
    let origin = Origin::parse(text)?;
    match origin.host().strip_suffix('.') {
        Some(host) => {
            let without = origin.as_str().replacen(origin.host(), host, 1);
            Err(format!("write {without}: with the dot at the end of its host, browsers take it for another site"))
        }
        None => Ok(origin),
    }
}

#[cfg(test)]
mod tests {
    use super::{frontend, site};

    #[test]
    fn a_dot_at_the_end_of_the_host_is_refused() {
        for (text, without) in [
            ("https://app.example.com.", "https://app.example.com:"),
            ("https://app.example.com.:8443", "https://app.example.com:8443:"),
            ("http://localhost.:5173", "http://localhost:5173:"),
        ] {
            for message in [frontend(text).unwrap_err(), site(text).unwrap_err()] {
                assert!(message.contains(&format!("write {without}")), "{text}: {message}");
            }
        }
        assert_eq!(frontend("https://app.example.com").unwrap().as_str(), "https://app.example.com");
    }

    #[test]
    fn native_apps_have_a_list_of_their_own() {
        for text in ["capacitor://localhost", "chrome-extension://fmkadmapgofadopljbjfkapdkoienihi", "file://"] {
            assert!(frontend(text).unwrap_err().contains("native_origins"), "{text}");
        }
        for text in ["null", "*", "app.example.com"] {
            assert!(!frontend(text).unwrap_err().contains("native_origins"), "{text}");
        }
    }
}
