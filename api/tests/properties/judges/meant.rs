//! Answers that differ in their meaning.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

use super::{
    Case,
    ceremony::{BEFORE_DATA, Ceremony, attestation_object},
};

/// What a browser or an authenticator could say instead, one change at a time.
const OTHER_WORDS: &[(&str, &str, &str)] = &[
    ("another port", "https://example.org", "https://example.org:8443"),
    ("plain http", "https://example.org", "http://example.org"),
    ("a sibling host", "https://example.org", "https://login.example.org"),
    ("another host", "https://example.org", "https://example.com"),
    ("capitals", "https://example.org", "HTTPS://EXAMPLE.ORG"),
    ("a slash", "https://example.org", "https://example.org/"),
    ("a native app", "https://example.org", "android:apk-key-hash:AAAA"),
    ("the other ceremony", "webauthn.", "payment."),
    ("no type", "\"type\"", "\"kind\""),
    ("no challenge", "\"challenge\"", "\"demand\""),
    ("no origin", "\"origin\"", "\"source\""),
    ("another challenge", "\"challenge\":\"", "\"challenge\":\"AAAA"),
    ("a frame", "\"crossOrigin\":false", "\"crossOrigin\":true"),
    ("a frame in a number", "\"crossOrigin\":false", "\"crossOrigin\":0"),
    ("a frame with its page", "\"crossOrigin\":false", "\"crossOrigin\":true,\"topOrigin\":\"https://example.com\""),
    ("no word of frames", ",\"crossOrigin\":false", ""),
    ("one more member", "\"crossOrigin\":false", "\"crossOrigin\":false,\"more\":[1,{}]"),
    ("the origin twice", "{", "{\"origin\":\"https://example.org\","),
    ("blanks", "{", " {\n"),
    ("a mark of byte order", "{", "\u{feff}{"),
    ("a list", "{", "[{"),
];

/// The same with flags, counters and extensions.
fn other_data(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let with = |at: usize, by: u8| {
        let mut changed = good.to_vec();
        changed[at] = by;
        changed
    };
    let flags = good[32];
    vec![
        ("user absent", with(32, flags & !1)),
        ("user absent, and verified", with(32, flags & !1 | 4)),
        ("user verified", with(32, flags | 4)),
        ("may be backed up", with(32, flags & !0b1_1000 | 0b1000)),
        ("is backed up", with(32, flags | 0b1_1000)),
        ("is backed up, and may not", with(32, flags & !0b1_1000 | 0b1_0000)),
        ("reserved bits", with(32, flags | 0b10_0010)),
        ("another relying party", with(0, good[0] ^ 1)),
        ("counts", with(36, 9)),
        ("extensions promised", with(32, flags | 0x80)),
        ("extensions not promised", [good, &[0xa0]].concat()),
        ("extensions that are a number", [with(32, flags | 0x80).as_slice(), &[1]].concat()),
        ("extensions without a member", [with(32, flags | 0x80).as_slice(), &[0xa0]].concat()),
        ("extensions", [with(32, flags | 0x80).as_slice(), b"\xa1\x68credProp\xf5"].concat()),
        ("extensions, and more", [with(32, flags | 0x80).as_slice(), b"\xa0\x00"].concat()),
    ]
}

/// What no damage makes: answers that differ in their meaning, signed as they are.
pub(super) fn meant(ceremony: &Ceremony, pair: &EcdsaKeyPair) -> Vec<Case> {
    let is_registration = ceremony.key.is_none();
    let mut signed_by = ceremony.clone();
    if !is_registration {
        let point = pair.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..]);
        signed_by.key = Some([b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(), x, b"\x22\x58\x20", y].concat());
    }
    let text = String::from_utf8(ceremony.parts[0].1.clone()).expect("text");
    let data = if is_registration { &ceremony.parts[1].1[BEFORE_DATA.len() + 2..] } else { ceremony.parts[1].1.as_slice() };
    let build = |name: &str, text: &str, data: &[u8]| {
        let mut changed = signed_by.clone();
        changed.parts[0].1 = text.as_bytes().to_vec();
        if is_registration {
            changed.parts[1].1 = attestation_object(data);
        } else {
            changed.parts[1].1 = data.to_vec();
            let message = [data, digest(&SHA256, text.as_bytes()).as_ref()].concat();
            changed.parts[2].1 = pair.sign(&SystemRandom::new(), &message).expect("a signature").as_ref().to_vec();
        }
        changed.case(name)
    };
    let mut cases = vec![build("good, signed here", &text, data)];
    for (name, from, to) in OTHER_WORDS {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        cases.push(build(name, &changed, data));
    }
    for (name, changed) in other_data(data) {
        cases.push(build(name, &text, &changed));
    }
    cases.extend(wrapped(&build("", &text, data)));
    cases
}

/// Changes of the JSON around it.
fn wrapped(good: &Case) -> Vec<Case> {
    let changed = |name: &str, pointer: &str, by: Value| {
        let mut credential = good.credential.clone();
        let slot = credential.pointer_mut(pointer).expect("a member");
        *slot = by;
        Case { name: format!("{}{name}", good.name), challenge: good.challenge.clone(), credential, key: good.key.clone() }
    };
    vec![
        changed("another type", "/type", json!("password")),
        changed("another id", "/rawId", json!("AAAA")),
        changed("the id with padding", "/rawId", json!(format!("{}=", good.credential["rawId"].as_str().expect("text")))),
        changed("client data in a list", "/response/clientDataJSON", json!([1])),
        changed("no response", "/response", json!({})),
    ]
}
