//! Native apps that show pages: web views of Capacitor, Tauri and Electron, and browser extensions. Their pages are on no site of the API,
//! so cookies cannot work; token mode can. Like `dev_origins`, these origins may read responses without credentials, and their cookies are
//! ignored.

use doctor::Origin;

use super::dev_origin::DevOrigin;

/// Schemes whose pages share one origin with pages that anyone can make.
const SHARED: [&str; 5] = ["about", "blob", "data", "file", "javascript"];

/// One entry of `native_origins`: an `Origin` header, byte for byte.
pub(super) fn parse(text: &str) -> Result<DevOrigin, String> {
    if text.contains('*') {
        return Err("write each origin in full: a pattern would let other apps in".to_owned());
    }
    let (scheme, authority) = text.split_once("://").unwrap_or((text, ""));
    if text == "null" || SHARED.contains(&scheme) {
        return Err(
            "is no origin of one app; serve its pages by a scheme of their own, as with protocol.handle of Electron".to_owned()
        );
    }
    if matches!(scheme, "http" | "https") {
        let origin = Origin::parse(text)?;
        return if origin.is_loopback() {
            Ok(DevOrigin::Native(text.to_owned()))
        } else {
            Err("is a website; list it under origins".to_owned())
        };
    }
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || "+-.".contains(one));
    let is_authority = !authority.is_empty() && authority.chars().all(|one| one.is_ascii_alphanumeric() || "-._~:".contains(one));
    if is_scheme && is_authority {
        Ok(DevOrigin::Native(text.to_owned()))
    } else {
        Err("write scheme://host as in the Origin header, without a path: capacitor://localhost".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_origins_of_web_views_and_extensions_are_exact() {
        for right in [
            "capacitor://localhost",
            "ionic://localhost",
            "https://localhost",
            "tauri://localhost",
            "http://tauri.localhost",
            "app://-",
            "app://bundle",
            "chrome-extension://fmkadmapgofadopljbjfkapdkoienihi",
            "moz-extension://5dbbb8ba-7a18-4a1c-9e2d-6c8a6c3f5a11",
            "safari-web-extension://5DBBB8BA-7A18-4A1C-9E2D-6C8A6C3F5A11",
        ] {
            assert_eq!(parse(right).unwrap().written(), right);
        }
        for (wrong, advice) in [
            ("capacitor://*", "in full"),
            ("null", "scheme of their own"),
            ("file://", "scheme of their own"),
            ("https://app.example.com", "list it under origins"),
            ("https://localhost/", "no trailing slash"),
            ("capacitor://localhost/", "without a path"),
            ("capacitor://", "capacitor://localhost"),
            ("capacitor", "capacitor://localhost"),
            ("Capacitor://localhost", "capacitor://localhost"),
            ("capacitor://user@localhost", "capacitor://localhost"),
            ("", "capacitor://localhost"),
        ] {
            let message = parse(wrong).unwrap_err();
            assert!(message.contains(advice), "{wrong}: {message}");
        }
        let page = parse("capacitor://localhost").unwrap();
        assert!(page.matches("capacitor://localhost") && !page.matches("capacitor://localhost:1"));
    }
}
