//! What two other verifiers make of the same passkeys: `@simplewebauthn/server` and `fido2` of `PyPI`. `clients/passkeys/install` installs
//! them. Where one of them differs, [`DIFFERENCES`] says why.

mod ceremony;
mod differences;
mod meant;

use std::{
    fmt::Write as _,
    io::Write,
    process::{Command, Stdio},
};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bifrons::webauthn::{Assertion, PublicKey, Registered, RelyingParty};
use serde_json::{Map, Value, json};

use ceremony::ceremonies;
use differences::{DIFFERENCES, Than};
use meant::meant;

const PARTY: RelyingParty<'_> = RelyingParty { id: "example.org", origins: &["https://example.org"] };

const JUDGES: [(&str, [&str; 2]); 2] = [("simplewebauthn", ["node", "judge.mjs"]), ("fido2", [".venv/bin/python", "judge.py"])];

/// An answer of a browser.
struct Case {
    /// What it is about. Of a good one nothing was changed.
    name: String,
    challenge: Vec<u8>,
    credential: Value,
    /// The key that it should be signed with. A registration has none.
    key: Option<Vec<u8>>,
}

impl Case {
    fn is_accepted(&self) -> bool {
        let Value::Object(object) = self.credential.clone() else { return false };
        let is_challenge = |challenge: &[u8]| challenge == self.challenge;
        match &self.key {
            None => Registered::verify(object, PARTY, is_challenge).is_ok(),
            Some(key) => assert(object, key, is_challenge).is_some(),
        }
    }
}

fn assert(object: Map<String, Value>, key: &[u8], is_challenge: impl FnOnce(&[u8]) -> bool) -> Option<()> {
    let assertion = Assertion::read(object, PARTY, is_challenge).ok()?;
    assertion.verify(&PublicKey::parse(key).ok()?).ok().map(|_| ())
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The refusals of a judge, in the order of the cases.
fn judged(command: [&str; 2], cases: &[Case]) -> Vec<Option<String>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/passkeys");
    let given: Vec<_> = cases
        .iter()
        .map(|case| {
            let key = case.key.as_ref().map(base64url);
            json!({ "challenge": base64url(&case.challenge), "credential": case.credential, "key": key })
        })
        .collect();
    let input = json!({ "rp_id": PARTY.id, "origin": PARTY.origins[0], "cases": given }).to_string();
    let mut child = Command::new(command[0])
        .arg(command[1])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a judge: clients/passkeys/install installs it");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{command:?} failed: clients/passkeys/install installs it");
    serde_json::from_slice(&output.stdout).expect("a list of refusals")
}

#[test]
fn other_verifiers_agree() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
    let mut cases = Vec::new();
    for ceremony in ceremonies() {
        let good = ceremony.case("good");
        assert!(good.is_accepted(), "{}", good.name);
        cases.push(good);
        cases.extend(ceremony.damaged());
        if ceremony.algorithm == "es256" {
            cases.extend(meant(&ceremony, &pair));
        }
    }
    for kind in ["registration", "authentication"] {
        let changed = cases.iter().filter(|case| case.name.starts_with(kind) && !case.name.contains("good")).count();
        assert!(changed >= 200, "{changed} of {kind}");
    }
    let ours: Vec<_> = cases.iter().map(Case::is_accepted).collect();
    let (mut wrong, mut met) = (String::new(), vec![false; DIFFERENCES.len()]);
    for (judge, command) in JUDGES {
        for ((case, ours), refusal) in cases.iter().zip(&ours).zip(judged(command, &cases)) {
            if *ours == refusal.is_none() {
                continue;
            }
            let than = if *ours { Than::Stricter } else { Than::Laxer };
            let known = DIFFERENCES.iter().position(|known| (known.0, known.1) == (judge, than) && case.name.contains(known.2));
            if let Some(known) = known {
                met[known] = true;
            } else {
                let theirs = refusal.unwrap_or_else(|| "accepted".to_owned());
                let _ = writeln!(wrong, "{judge}: {}: {theirs}, we say {ours}", case.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    for ((judge, _, what, _), met) in DIFFERENCES.iter().zip(met) {
        assert!(met, "{judge} agrees about: {what}");
    }
}
