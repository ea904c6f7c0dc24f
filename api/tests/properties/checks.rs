//! What holds for every input of a parser. Property tests and fuzz targets call the same functions: each panics if its rule is broken.

use bifrons::{
    config::{Rate, duration},
    email_address::EmailAddress,
    hashing, http,
    secret::{DeviceToken, OneTimeToken, RefreshToken, SessionCookie},
    webauthn::{AttestationObject, AuthenticatorData, ClientData, MAX_CREDENTIAL_ID, PublicKey},
};
use doctor::{Origin, browsers::SetCookie};
use hyper::{
    HeaderMap,
    header::{COOKIE, HeaderValue},
};

/// The canonical form is canonical, does not depend on the case of ASCII letters, and fits into a header and a column.
pub fn email_address(typed: &str) {
    let Ok(address) = EmailAddress::parse(typed) else { return };
    let shown = address.as_typed();
    assert!(EmailAddress::parse(shown).is_ok_and(|again| again == address), "{shown:?}");
    let canonical = address.canonical();
    assert!(canonical.len() <= 254 && !canonical.chars().any(|c| c.is_control() || c.is_whitespace()), "{canonical:?}");
    for same in [canonical, &format!(" {typed}"), &shown.to_ascii_uppercase(), &shown.to_ascii_lowercase()] {
        let again = EmailAddress::parse(same).unwrap_or_else(|rule| panic!("{same:?} breaks {rule:?}"));
        assert_eq!(again.canonical(), canonical, "{same:?}");
    }
    let mailbox = address.mailbox();
    assert!(!mailbox.split('@').next().unwrap_or_default().contains(['+', '.']), "{mailbox:?}");
}

/// A credential is written in one way, is of one kind, and is not shown by `Debug`.
pub fn credential(text: &str) {
    let kinds = [
        SessionCookie::parse(text).map(|token| (token.reveal(), format!("{token:?}"))),
        OneTimeToken::parse(text).map(|token| (token.reveal(), format!("{token:?}"))),
        RefreshToken::parse(text).map(|token| (token.reveal(), format!("{token:?}"))),
        DeviceToken::parse(text).map(|token| (token.reveal(), format!("{token:?}"))),
    ];
    let mut parsed = kinds.into_iter().flatten();
    if let Some((revealed, debug)) = parsed.next() {
        assert_eq!(revealed.as_str(), text);
        assert!(debug.ends_with("(…)") && debug.len() < 30, "{debug}");
    }
    assert!(parsed.next().is_none(), "{text:?} is of two kinds");
}

/// Milliseconds say the same as any other unit. A rate keeps to its period.
pub fn duration_and_rate(text: &str) {
    if let Ok(parsed) = duration(text) {
        assert_eq!(duration(&format!("{}ms", parsed.as_millis())), Ok(parsed));
    }
    if let Ok(rate) = Rate::parse(text) {
        assert_eq!(Rate::parse(&format!("{}/{}ms", rate.burst, rate.period.as_millis())), Ok(rate));
        assert!(rate.interval() * rate.burst.get() >= rate.period, "{rate:?} allows more than the burst in a period");
    }
}

/// An origin is accepted in the one form that browsers write.
pub fn origin(text: &str) {
    let Ok(origin) = Origin::parse(text) else { return };
    assert_eq!(origin.as_str(), text);
    assert!(text.is_ascii() && text == text.to_ascii_lowercase(), "{text:?}");
    let rest = text.strip_prefix(if origin.is_secure() { "https://" } else { "http://" }).unwrap_or_default();
    assert!(rest.starts_with(origin.host()) && !rest.contains(['/', '?', '#', '@', '*']), "{text:?}");
    assert!(origin.host().ends_with(origin.site().1));
}

/// A hash that is accepted fits into its column, and its cost can be compared.
pub fn password_hash(stored: &str) {
    if hashing::is_importable(stored) {
        assert!(stored.len() <= 255, "{} bytes", stored.len());
        let prefix = hashing::cost_prefix(&entity::PasswordHash(stored.to_owned()));
        assert!(stored.starts_with(&prefix) && prefix.len() < stored.len(), "{prefix:?} of {stored:?}");
    }
}

/// JSON that is accepted has one reading: written and parsed again it is the same.
pub fn strict_json(text: &str) {
    if let Some(value) = http::parse_strict_json(text.as_bytes()) {
        assert_eq!(http::parse_strict_json(value.to_string().as_bytes()), Some(value.clone()), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(text).ok(), Some(value), "{text:?}");
    }
}

/// A cookie is found by its exact name alone, and its value is what stands between the name and the next semicolon.
pub fn cookie_header(text: &str) {
    let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) else { return };
    let headers: HeaderMap = [(COOKIE, value)].into_iter().collect();
    let found: Vec<_> = http::cookie_values(&headers, "bifrons_session").collect();
    let named = text.split(';').filter(|pair| pair.trim_matches([' ', '\t']).starts_with("bifrons_session=")).count();
    assert_eq!(found.len(), named, "{text:?}");
    assert!(found.iter().all(|value| !value.contains(';') && text.contains(value)), "{text:?}");
}

/// An entry of `X-Forwarded-For` means the same with quotes, with brackets and with a port.
pub fn forwarded_address(entry: &str) {
    let Some(address) = http::forwarded_address(entry) else { return };
    for same in [address.to_string(), format!("\"{address}\""), format!("[{address}]"), format!("[{address}]:443")] {
        assert_eq!(http::forwarded_address(&same), Some(address), "{same:?} beside {entry:?}");
    }
}

/// A `Set-Cookie` header that is parsed names no more than it contains. A control character in a name is replaced: the name is printed.
pub fn set_cookie(header: &str) {
    if let Some(cookie) = SetCookie::parse(header) {
        assert!(header.replace(char::is_control, "\u{fffd}").contains(&cookie.name), "{header:?}");
        assert!(!cookie.name.contains(char::is_control), "{header:?}");
    }
}

/// A key is read back from what is stored of it, with nothing around it.
pub fn public_key(bytes: &[u8]) {
    let Ok(key) = PublicKey::parse(bytes) else { return };
    assert_eq!(key.as_cose(), bytes);
    assert!(PublicKey::parse(&[bytes, &[0]].concat()).is_err(), "nothing may follow");
    assert!(format!("{key:?}").len() < 40);
}

/// What an authenticator says has one length, and a credential in it an id of a length that can be stored.
pub fn authenticator_data(bytes: &[u8]) {
    let Ok(data) = AuthenticatorData::parse(bytes) else { return };
    assert!(AuthenticatorData::parse(&[bytes, &[0]].concat()).is_err(), "nothing may follow");
    if let Some(credential) = data.credential {
        assert!((1..=MAX_CREDENTIAL_ID).contains(&credential.id.len()));
        public_key(credential.public_key.as_cose());
    }
}

/// An attestation object has one length.
pub fn attestation_object(bytes: &[u8]) {
    if AttestationObject::parse(bytes).is_ok() {
        assert!(AttestationObject::parse(&[bytes, &[0]].concat()).is_err(), "nothing may follow");
        assert!(AttestationObject::parse(&bytes[..bytes.len() - 1]).is_err(), "nothing may be missing");
    }
}

/// Client data with a member twice is refused; white space around it is not.
pub fn client_data(bytes: &[u8]) {
    let Ok(data) = ClientData::parse(bytes) else { return };
    assert_eq!(ClientData::parse(&[b" ", bytes, b"\n"].concat()).as_ref(), Ok(&data));
    let Some(inner) = bytes.trim_ascii_start().strip_prefix(b"{") else { panic!("no object: {bytes:?}") };
    assert!(ClientData::parse(&[br#"{"origin":"https://a.example","#, inner].concat()).is_err(), "two origins");
}
