//! Property tests of the parsers. Each gets inputs of three kinds: arbitrary text, text that is almost valid, and valid text. Beside them
//! two other verifiers of passkeys judge what the service makes of the same answers.

#![expect(clippy::panic, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(unreachable_pub, reason = "the fuzz targets use them too")]

mod checks;
mod judges;

use proptest::{
    prelude::{Strategy, any, prop_oneof, proptest},
    string::string_regex,
};

/// Text that matches a pattern, or that pattern with one character changed, or any text at all.
fn text(pattern: &'static str) -> impl Strategy<Value = String> {
    let matching = || string_regex(pattern).expect("a pattern");
    let changed = (matching(), any::<proptest::sample::Index>(), any::<char>()).prop_map(|(text, at, by)| {
        let mut characters: Vec<_> = text.chars().collect();
        if !characters.is_empty() {
            let at = at.index(characters.len());
            characters[at] = by;
        }
        characters.into_iter().collect()
    });
    prop_oneof![4 => matching(), 4 => changed, 1 => any::<String>()]
}

proptest! {
    #[test]
    fn email_addresses(typed in text("[A-Za-z0-9.+éİıß'_-]{1,66}@([A-Za-z0-9éßİ-]{1,12}\\.){0,4}(com|COM|xn--bcher-kva|бел|1|[a-z]{1,64})\\.?")) {
        checks::email_address(&typed);
    }

    #[test]
    fn credentials(text in text("(bfs_|bfo_|bfr_|bfd_)([A-Za-z0-9_-]{64}|[A-Za-z0-9_-]{68,70}|[A-Za-z0-9_-]{20,24}|([A-Za-z0-9_-]{54}))=?")) {
        checks::credential(&text);
    }

    #[test]
    fn valid_credentials(bytes in proptest::collection::vec(any::<u8>(), 0..120), kind in "bfs_|bfo_|bfr_|bfd_") {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        checks::credential(&format!("{kind}{}", URL_SAFE_NO_PAD.encode(bytes)));
    }

    #[test]
    fn durations_and_rates(text in text("([0-9]{1,8} ?/ ?)?[0-9]{1,20}(ms|s|m|h|d)")) {
        checks::duration_and_rate(&text);
    }

    #[test]
    fn origins(text in text("https?://(([a-z0-9-]{1,8}\\.){0,3}(com|localhost|co\\.uk|xn--bcher-kva|[0-9]{1,3})|[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:]{1,20}\\])(:[0-9]{1,6})?/?")) {
        checks::origin(&text);
    }

    #[test]
    fn password_hashes(text in text(concat!(
        "\\$(argon2id|argon2i|argon2d|scrypt|pbkdf2-sha256|pbkdf2-sha512)(\\$v=19)?",
        "\\$(m=[0-9]{1,5},t=[1-9],p=[1-9](,keyid=[A-Za-z0-9]{2,11})?(,data=[A-Za-z0-9]{0,43})?|ln=1?[0-9],r=[1-9],p=[1-9]|i=[1-9][0-9]{0,6}(,l=[1-6][0-9])?|[0-9]{4,6})",
        "\\$[A-Za-z0-9+/.]{11,86}\\$[A-Za-z0-9+/.]{16,86}",
    ))) {
        checks::password_hash(&text);
    }

    #[test]
    fn bcrypt_hashes(text in text("\\$2[abxy]\\$[0-3][0-9]\\$[./A-Za-z0-9]{53}")) {
        checks::password_hash(&text);
    }

    #[test]
    fn strict_json(text in text("\\{(\"[ab]{1,2}\":(\"[a-zé]{0,3}\"|-?[0-9]{1,20}(\\.[0-9]{1,3})?(e[0-9]{1,3})?|true|null|\\[\\]|\\{\"a\":1\\}),?){0,4}\\}")) {
        checks::strict_json(&text);
    }

    #[test]
    fn cookie_headers(text in text("((__Host-)?bifrons_session2?=[A-Za-z0-9_=\"-]{0,9};? ?|[ -~]{0,6}; ?){0,5}")) {
        checks::cookie_header(&text);
    }

    #[test]
    fn forwarded_addresses(text in text("\"?(\\[?[0-9a-f:]{2,24}(%[a-z0-9]{1,4})?\\]?|[0-9]{1,3}(\\.[0-9]{1,3}){3})(:[0-9a-z]{1,5})?\"?")) {
        checks::forwarded_address(&text);
    }

    #[test]
    fn set_cookies(text in text("[a-z_]{0,8}=?[A-Za-z0-9]{0,8}(; ?(Path|Domain|Max-Age|Expires|SameSite|Secure|HttpOnly|Partitioned)(=[A-Za-z0-9:, /.-]{0,30})?){0,5}")) {
        checks::set_cookie(&text);
    }

    #[test]
    fn answers_of_authenticators(which in any::<proptest::sample::Index>(), changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4)) {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../../src/webauthn/vectors.json")).expect("JSON");
        let vector = which.get(vectors.as_array().expect("a list"));
        let changed = |value: &serde_json::Value| {
            let mut bytes = data_encoding::HEXLOWER.decode(value.as_str().expect("text").as_bytes()).expect("hexadecimal");
            for (at, by) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *by;
            }
            bytes
        };
        let object = changed(&vector["registration"]["attestationObject"]);
        checks::attestation_object(&object);
        // The authenticator data may stand anywhere in the object, and the key in it.
        for from in 0..object.len().min(400) {
            checks::authenticator_data(&object[from..]);
            checks::public_key(&object[from..]);
        }
        checks::authenticator_data(&changed(&vector["authentication"]["authenticatorData"]));
        checks::client_data(&changed(&vector["authentication"]["clientDataJSON"]));
    }
}
