//! The test vectors of Web Authentication Level 3 (section 16), and what becomes of them when they are changed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{Algorithm, Asserted, Assertion, AuthenticatorData, PublicKey, Registered, RelyingParty, WebauthnError};

const PARTY: RelyingParty<'_> = RelyingParty { id: "example.org", origins: &["https://example.org"] };

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn vector(name: &str) -> Value {
    vectors().into_iter().find(|vector| vector["name"] == name).unwrap()
}

fn bytes(hex: &Value) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_str().unwrap().as_bytes()).unwrap()
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("{value}") };
    object
}

fn register(vector: &Value, client_data: &[u8], attestation_object: &[u8]) -> Result<Registered, WebauthnError> {
    let (registration, id) = (&vector["registration"], base64url(bytes(&vector["registration"]["credential_id"])));
    let response = json!({ "clientDataJSON": base64url(client_data), "attestationObject": base64url(attestation_object) });
    let credential = json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {} });
    Registered::verify(object(credential), PARTY, |challenge| challenge == bytes(&registration["challenge"]))
}

fn registered(vector: &Value) -> Result<Registered, WebauthnError> {
    let registration = &vector["registration"];
    register(vector, &bytes(&registration["clientDataJSON"]), &bytes(&registration["attestationObject"]))
}

fn assert(vector: &Value, key: &PublicKey, [client_data, data, signature]: [&[u8]; 3]) -> Result<Asserted, WebauthnError> {
    let (authentication, id) = (&vector["authentication"], base64url(bytes(&vector["registration"]["credential_id"])));
    let response = json!({
        "clientDataJSON": base64url(client_data),
        "authenticatorData": base64url(data),
        "signature": base64url(signature),
        "userHandle": null,
    });
    let credential = json!({ "id": id, "rawId": id, "type": "public-key", "response": response });
    Assertion::read(object(credential), PARTY, |challenge| challenge == bytes(&authentication["challenge"]))?.verify(key)
}

fn parts(vector: &Value) -> [Vec<u8>; 3] {
    ["clientDataJSON", "authenticatorData", "signature"].map(|name| bytes(&vector["authentication"][name]))
}

fn asserted(vector: &Value, key: &PublicKey) -> Result<Asserted, WebauthnError> {
    let [client_data, data, signature] = parts(vector);
    assert(vector, key, [&client_data, &data, &signature])
}

#[test]
fn every_vector_of_an_algorithm_that_is_offered_is_accepted() {
    let mut accepted = Vec::new();
    for vector in vectors() {
        let name = vector["name"].as_str().unwrap();
        match registered(&vector) {
            Ok(registered) => {
                let again = PublicKey::parse(registered.public_key.as_cose()).unwrap();
                assert_eq!(again, registered.public_key, "{name}");
                let asserted = asserted(&vector, &again).unwrap_or_else(|error| panic!("{name}: {error}"));
                let is_framed = name.contains("rigin");
                assert_eq!([registered.is_framed, asserted.is_framed], [is_framed; 2], "{name}");
                assert_eq!(registered.flags.backup_eligible, asserted.flags.backup_eligible, "{name}");
                accepted.push(registered.public_key.algorithm());
            }
            Err(error) => {
                assert!(["es384", "es512", "ed448"].iter().any(|other| name.ends_with(other)), "{name}: {error}");
                assert_eq!(error, WebauthnError::Algorithm, "{name}");
            }
        }
    }
    let count = |algorithm| accepted.iter().filter(|accepted| **accepted == algorithm).count();
    assert_eq!(Algorithm::ALL.map(count), [1, 10, 1]);
}

#[test]
fn a_signature_counts_for_its_own_credential_alone() {
    let (one, other) = (vector("none-es256"), vector("packed-self-es256"));
    let key = registered(&other).unwrap().public_key;
    assert_eq!(asserted(&one, &key), Err(WebauthnError::Signature));
    let rsa = registered(&vector("packed-rs256")).unwrap().public_key;
    assert_eq!(asserted(&one, &rsa), Err(WebauthnError::Signature));
}

/// Every change of one bit, and every cut.
fn changes(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let flipped = (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        (bit / 8, flipped)
    });
    let cut = (0..bytes.len()).map(|end| (end, bytes[..end].to_vec()));
    flipped.chain(cut).chain([(bytes.len(), [bytes, &[0]].concat())])
}

#[test]
fn no_changed_bit_of_an_assertion_is_accepted() {
    for name in ["none-es256", "packed-rs256", "packed-eddsa"] {
        let vector = vector(name);
        let key = registered(&vector).unwrap().public_key;
        let good = parts(&vector);
        for which in 0..3 {
            for (at, changed) in changes(&good[which]) {
                let mut parts = good.each_ref().map(Vec::as_slice);
                parts[which] = &changed;
                assert!(assert(&vector, &key, parts).is_err(), "{name}: part {which}, byte {at}");
            }
        }
    }
}

#[test]
fn a_changed_registration_is_refused_or_claims_what_nothing_proves() {
    let vector = vector("none-es256");
    let good = registered(&vector).unwrap();
    let object = bytes(&vector["registration"]["attestationObject"]);
    // The authenticator data is the last member: 32 bytes of hash, flags, counter, model, length and id, key.
    let data = object.len() - 164;
    let (flags, counter, aaguid, id) = (data + 32, data + 33..data + 37, data + 37..data + 53, data + 55);
    let client_data = bytes(&vector["registration"]["clientDataJSON"]);
    for (at, changed) in changes(&object) {
        match register(&vector, &client_data, &changed) {
            Err(_) => {}
            // The format of the statement, which is skipped: `none` and `none` with another letter say the same.
            Ok(registered) if at < data => assert_eq!((&object[1..5], &registered), (b"cfmt".as_slice(), &good), "byte {at}"),
            Ok(registered) => {
                assert!(at == flags || counter.contains(&at) || aaguid.contains(&at), "byte {at}, the id begins at {id}");
                assert_eq!((&registered.id, &registered.public_key), (&good.id, &good.public_key), "byte {at}");
            }
        }
    }
    for (at, changed) in changes(&client_data) {
        if let Ok(registered) = register(&vector, &changed, &object) {
            // The last two members: `"crossOrigin":false` says the same as a member of another name, and the other one is not read.
            let unread = String::from_utf8_lossy(&client_data).find("crossOrigin").unwrap();
            assert!(at >= unread, "byte {at}");
            assert_eq!(registered, good, "byte {at}");
        }
    }
}

#[test]
fn what_contradicts_the_ceremony_is_refused() {
    let vector = vector("none-es256");
    let key = registered(&vector).unwrap().public_key;
    let [client_data, data, signature] = parts(&vector);
    let swapped = bytes(&vector["registration"]["clientDataJSON"]);
    assert_eq!(assert(&vector, &key, [&swapped, &data, &signature]), Err(WebauthnError::Ceremony));
    let object = bytes(&vector["registration"]["attestationObject"]);
    assert_eq!(register(&vector, &client_data, &object), Err(WebauthnError::Ceremony));

    let text = String::from_utf8(client_data).unwrap();
    for (from, to, error) in [
        ("https://example.org", "https://example.org:8443", WebauthnError::Origin),
        ("https://example.org", "https://login.example.org", WebauthnError::Origin),
        ("https://example.org", "HTTPS://EXAMPLE.ORG", WebauthnError::Origin),
        ("webauthn.get", "payment.get", WebauthnError::Ceremony),
        ("\"challenge\":\"", "\"challenge\":\"AAAA", WebauthnError::Challenge),
        ("{", "[\"webauthn.get\",\"\",\"\"]{", WebauthnError::ClientData),
        ("{", "{\"origin\":\"https://example.org\",", WebauthnError::ClientData),
        ("\"crossOrigin\":false", "\"crossOrigin\":0", WebauthnError::ClientData),
        ("}", "} ", WebauthnError::Signature),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert_eq!(assert(&vector, &key, [changed.as_bytes(), &data, &signature]), Err(error), "{to}");
    }

    let mut absent = data.clone();
    absent[32] &= !1;
    assert_eq!(assert(&vector, &key, [text.as_bytes(), &absent, &signature]), Err(WebauthnError::UserAbsent));
    let mut backed_up = data.clone();
    backed_up[32] = 0b1_0001;
    assert_eq!(assert(&vector, &key, [text.as_bytes(), &backed_up, &signature]), Err(WebauthnError::BackupFlags));
    let mut other = data;
    other[0] ^= 1;
    assert_eq!(assert(&vector, &key, [text.as_bytes(), &other, &signature]), Err(WebauthnError::RelyingParty));
}

#[test]
fn weak_and_malformed_keys_are_refused() {
    let good = registered(&vector("none-es256")).unwrap().public_key;
    for (at, changed) in changes(good.as_cose()) {
        assert!(PublicKey::parse(&changed).is_err(), "byte {at}");
    }
    // kty 3, alg −257, a modulus of 1024 bits, e 65537.
    let mut small = vec![0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x58, 0x80];
    small.extend([0xff; 128]);
    small.extend([0x21, 0x43, 1, 0, 1]);
    assert_eq!(PublicKey::parse(&small), Err(WebauthnError::PublicKey));
    // The same number of members, one of them twice.
    let twice = [0xa2, 0x01, 0x02, 0x01, 0x02];
    assert_eq!(PublicKey::parse(&twice), Err(WebauthnError::PublicKey));
    // A map whose length is not said.
    let indefinite = [&[0xbf], &good.as_cose()[1..], &[0xff]].concat();
    assert_eq!(PublicKey::parse(&indefinite), Err(WebauthnError::PublicKey));
}

/// Authenticator data with a credential: the length of its id as claimed, and the id.
fn data(flags: u8, (length, id): (u16, &[u8]), key: &[u8], rest: &[u8]) -> Vec<u8> {
    [&[7; 32], [flags].as_slice(), &[0; 4], &[0; 16], &length.to_be_bytes(), id, key, rest].concat()
}

#[test]
fn a_credential_has_an_id_and_extensions_are_one_map_at_the_end() {
    let [key, other] = ["none-es256", "packed-eddsa"].map(|name| registered(&vector(name)).unwrap().public_key);
    let parse = |flags, id, rest: &[u8]| AuthenticatorData::parse(&data(flags, id, key.as_cose(), rest));
    let read = parse(0x41, (2, b"id"), b"").unwrap().credential.unwrap();
    assert!(read.id == b"id" && read.public_key == key && read.public_key != other);
    assert_eq!(parse(0x41, (0, b""), b""), Err(WebauthnError::CredentialId));
    assert_eq!(parse(0x41, (1024, &[7; 1024]), b""), Err(WebauthnError::CredentialId));
    for extensions in [[0xa0].as_slice(), b"\xa1\x61a\xf5"] {
        assert!(parse(0xc1, (2, b"id"), extensions).is_ok(), "{extensions:?}");
        assert_eq!(parse(0xc1, (2, b"id"), &[extensions, &[0]].concat()), Err(WebauthnError::AuthenticatorData));
    }
    for wrong in [b"".as_slice(), &[1], &[0x80], &[0xa1], &[0xa1, 0x61]] {
        assert_eq!(parse(0xc1, (2, b"id"), wrong), Err(WebauthnError::AuthenticatorData), "{wrong:?}");
    }
}

/// The library that verifies also reads keys in other forms, and cannot tell where one coordinate ends.
#[test]
fn each_coordinate_of_a_key_has_32_bytes() {
    let parse = |cose: &[&[u8]]| PublicKey::parse_prefix(&cose.concat()).map(|_| ());
    let cose = |name| registered(&vector(name)).unwrap().public_key.as_cose().to_vec();
    let (es256, eddsa) = (cose("none-es256"), cose("packed-eddsa"));
    let (x, y) = (&es256[10..42], &es256[45..]);
    let point = [x, y].concat();
    assert_eq!(parse(&[&es256[..7], b"\x21\x58\x20", x, b"\x22\x58\x20", y]), Ok(()));
    let shifted = parse(&[&es256[..7], b"\x21\x58\x1f", &point[..31], b"\x22\x58\x21", &point[31..]]);
    assert_eq!(shifted, Err(WebauthnError::PublicKey));
    let (head, x) = eddsa.split_at(eddsa.len() - 34);
    assert_eq!(parse(&[head, x]), Ok(()));
    let der = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", &x[2..]].concat();
    assert_eq!(parse(&[head, b"\x58\x2c", &der]), Err(WebauthnError::PublicKey));
}
