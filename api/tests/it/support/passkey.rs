//! An authenticator in software: it keeps one passkey with P-256, and says what a test wants it to say.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Actor, Answer};

pub const USER_PRESENT: u8 = 1;
pub const USER_VERIFIED: u8 = 1 << 2;
pub const BACKUP_ELIGIBLE: u8 = 1 << 3;
pub const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;

pub struct Passkey {
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub rp_id: String,
    pub origin: String,
    pub user_handle: String,
    pub flags: u8,
    pub aaguid: [u8; 16],
    pub sign_count: u32,
    /// Members to put over those of the client data.
    pub client_data: Value,
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Passkey {
    /// Makes a passkey for these options, on the page of the service itself.
    pub fn make(options: &Value) -> Self {
        let mut id = vec![0; 32];
        aws_lc_rs::rand::fill(&mut id).unwrap();
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id,
            rp_id: options["rp"]["id"].as_str().unwrap().to_owned(),
            origin: "http://localhost:3000".to_owned(),
            user_handle: options["user"]["id"].as_str().unwrap().to_owned(),
            flags: USER_PRESENT | USER_VERIFIED,
            aaguid: [0; 16],
            sign_count: 0,
            client_data: json!({}),
        }
    }

    /// Adds a passkey to the account of a user who is signed in.
    pub async fn enrol(who: &Actor) -> (Self, Answer) {
        let options = who.send(Method::POST, "/v1/me/passkey/options", None).await.expect(200).json();
        let passkey = Self::make(&options);
        let answer = who.register_passkey(passkey.attest(&options)).await.expect(201);
        (passkey, answer)
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let mut data = json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false });
        for (name, value) in self.client_data.as_object().unwrap() {
            data[name] = value.clone();
        }
        data.to_string().into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        [digest(&SHA256, self.rp_id.as_bytes()).as_ref(), &[flags], &self.sign_count.to_be_bytes()].concat()
    }

    /// The answer to `navigator.credentials.create()`.
    pub fn attest(&self, options: &Value) -> Value {
        let point = self.key.public_key().as_ref();
        let mut data = self.data(self.flags | HAS_CREDENTIAL);
        data.extend(self.aaguid);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..]);
        let length = u8::try_from(data.len()).unwrap();
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58", [length].as_slice(), &data].concat();
        json!({
            "id": base64url(&self.id),
            "rawId": base64url(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": { "credProps": { "rk": true } },
            "response": {
                "clientDataJSON": base64url(self.client_data("webauthn.create", options)),
                "attestationObject": base64url(object),
                "transports": ["internal", "hybrid", "telepathy"],
            },
        })
    }

    /// The answer to `navigator.credentials.get()`.
    pub fn sign(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let data = self.data(self.flags);
        let message = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).unwrap();
        json!({
            "id": base64url(&self.id),
            "rawId": base64url(&self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(client_data),
                "authenticatorData": base64url(data),
                "signature": base64url(signature),
                "userHandle": self.user_handle,
            },
        })
    }

    /// Signs a new challenge of the service.
    pub async fn answer(&self, who: &Actor) -> Value {
        self.sign(&who.passkey_options().await)
    }
}

impl Actor {
    /// What `navigator.credentials.get()` needs.
    pub async fn passkey_options(&self) -> Value {
        self.send(Method::POST, "/v1/session/passkey/options", None).await.expect(200).json()
    }

    pub async fn register_passkey(&self, credential: Value) -> Answer {
        self.post("/v1/me/passkeys", json!({ "passkey": credential })).await
    }

    pub async fn sign_in_with_passkey(&self, credential: Value) -> Answer {
        self.post("/v1/session/passkey", json!({ "passkey": credential })).await
    }

    pub async fn complete_with_passkey(&self, credential: Value) -> Answer {
        self.post("/v1/session/challenge/passkey", json!({ "passkey": credential })).await
    }
}
