//! Both ceremonies of each algorithm, whole and damaged.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::{Case, base64url};

/// A registration or an authentication before it becomes JSON. The members of the response, as bytes.
#[derive(Clone)]
pub(super) struct Ceremony {
    pub(super) kind: &'static str,
    pub(super) algorithm: &'static str,
    pub(super) challenge: Vec<u8>,
    pub(super) id: Vec<u8>,
    pub(super) parts: Vec<(&'static str, Vec<u8>)>,
    pub(super) key: Option<Vec<u8>>,
}

impl Ceremony {
    pub(super) fn case(&self, change: &str) -> Case {
        let response: Map<_, _> = self.parts.iter().map(|(name, part)| ((*name).to_owned(), base64url(part).into())).collect();
        let id = base64url(&self.id);
        Case {
            name: format!("{} {}: {change}", self.kind, self.algorithm),
            challenge: self.challenge.clone(),
            credential: json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {} }),
            key: self.key.clone(),
        }
    }

    /// A bit of every byte changed, and each part cut short and made longer.
    pub(super) fn damaged(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for (which, (part, good)) in self.parts.iter().enumerate() {
            let mut add = |what: String, changed: Vec<u8>| {
                let mut damaged = self.clone();
                damaged.parts[which].1 = changed;
                cases.push(damaged.case(&format!("{part}, {what}")));
            };
            for at in 0..good.len() {
                let mut changed = good.clone();
                let bit = (at * 5 + 3) % 8;
                changed[at] ^= 1 << bit;
                let region = self.region(part, at, &changed);
                add(format!("{region}, byte {at}, bit {bit}"), changed);
            }
            for end in [0, 1, good.len() / 2, good.len() - 1] {
                add(format!("cut after {end}"), good[..end].to_vec());
            }
            add("longer".to_owned(), [good.as_slice(), &[0]].concat());
        }
        cases
    }

    /// What stands there. The authenticator data is the last member of an attestation object.
    fn region(&self, part: &str, at: usize, changed: &[u8]) -> &'static str {
        let size = if self.algorithm == "rs256" { 2 } else { 1 };
        let before = if part == "attestationObject" { BEFORE_DATA.len() + 1 + size } else { 0 };
        match (part, at.checked_sub(before)) {
            ("signature", _) => "signature",
            ("clientDataJSON", _) if str::from_utf8(changed).is_err() => "no UTF-8",
            ("clientDataJSON", _) if self.challenge_in_text().contains(&at) => "challenge",
            ("clientDataJSON", _) => "text",
            (_, None) if (6..10).contains(&at) => "format",
            (_, None) if at == 18 => "statement",
            (_, None) if at > BEFORE_DATA.len() => "size",
            (_, None) => "head",
            (_, Some(0..32)) => "hash",
            (_, Some(32)) => "flags",
            (_, Some(33..37)) => "counter",
            (_, Some(37..53)) => "model",
            (_, Some(53..55)) => "length",
            (_, Some(at)) if at < 55 + self.id.len() => "id",
            _ => "key",
        }
    }

    fn challenge_in_text(&self) -> Range<usize> {
        let label = b"\"challenge\":\"";
        let begin = self.parts[0].1.windows(label.len()).position(|window| window == label).expect("a challenge") + label.len();
        begin..begin + base64url(&self.challenge).len()
    }
}

/// An attestation object of the format `none`, up to the length of the authenticator data.
pub(super) const BEFORE_DATA: &[u8] = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData";

pub(super) fn attestation_object(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("short data");
    let head = match u8::try_from(length) {
        Ok(length) => vec![0x58, length],
        Err(_) => [&[0x59], length.to_be_bytes().as_slice()].concat(),
    };
    [BEFORE_DATA, &head, data].concat()
}

/// Both ceremonies of each algorithm, from the test vectors of Web Authentication. The statements of the vectors come from a made-up
/// maker of authenticators, whom the judges refuse and the service does not look at: here the authenticators state nothing.
pub(super) fn ceremonies() -> Vec<Ceremony> {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../../src/webauthn/vectors.json")).expect("JSON");
    let mut all = Vec::new();
    for (algorithm, name) in [("es256", "none-es256"), ("rs256", "packed-rs256"), ("eddsa", "packed-eddsa")] {
        let vector = vectors.iter().find(|vector| vector["name"] == name).expect("the vector");
        let (made, used) = (&vector["registration"], &vector["authentication"]);
        let object = bytes(&made["attestationObject"]);
        let label = b"\x68authData";
        let at = object.windows(label.len()).position(|window| window == label).expect("the data") + label.len();
        let data = match object[at] {
            0x58 => &object[at + 2..],
            _ => &object[at + 3..],
        };
        let id = bytes(&made["credential_id"]);
        let key = data[55 + id.len()..].to_vec();
        all.push(Ceremony {
            kind: "registration",
            algorithm,
            challenge: bytes(&made["challenge"]),
            id: id.clone(),
            parts: vec![("clientDataJSON", bytes(&made["clientDataJSON"])), ("attestationObject", attestation_object(data))],
            key: None,
        });
        let part = |name: &'static str| (name, bytes(&used[name]));
        all.push(Ceremony {
            kind: "authentication",
            algorithm,
            challenge: bytes(&used["challenge"]),
            id,
            parts: vec![part("clientDataJSON"), part("authenticatorData"), part("signature")],
            key: Some(key),
        });
    }
    all
}

fn bytes(hex: &Value) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_str().expect("text").as_bytes()).expect("hexadecimal")
}
