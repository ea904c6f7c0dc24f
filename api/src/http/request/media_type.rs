//! The media type of a body, as RFC 9110 sections 5.6.6 and 8.3.1 write it.

/// The type and subtype, in any case, if the parameters are well formed.
pub(super) fn essence(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    let end = value.iter().position(|byte| matches!(byte, b';' | b' ' | b'\t')).unwrap_or(value.len());
    let (essence, mut rest) = value.split_at(end);
    while !rest.is_empty() {
        rest = rest.trim_ascii_start().strip_prefix(b";")?.trim_ascii_start();
        if !matches!(rest, [] | [b';', ..]) {
            rest = parameter(rest)?;
        }
    }
    Some(essence)
}

/// What follows a parameter: `token "=" ( token / quoted-string )`.
fn parameter(text: &[u8]) -> Option<&[u8]> {
    let text = token(text)?.strip_prefix(b"=")?;
    let Some(mut quoted) = text.strip_prefix(b"\"") else { return token(text) };
    loop {
        quoted = match quoted {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', _, rest @ ..] | [_, rest @ ..] => rest,
            [] => return None,
        };
    }
}

/// What follows a token of at least one character (section 5.6.2).
fn token(text: &[u8]) -> Option<&[u8]> {
    let is_character = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    match text.iter().take_while(|byte| is_character(byte)).count() {
        0 => None,
        length => text.get(length..),
    }
}
