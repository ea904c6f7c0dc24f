use std::{net::Ipv4Addr, sync::Arc};

use argon2::{Algorithm, Argon2, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use entity::PasswordHash;

use super::{Hasher, HashingError, Verdict, is_importable};
use crate::{config::HashingCost, network::ClientNetwork, secret::Password};

const HERE: ClientNetwork = ClientNetwork::Local;

fn cheap() -> HashingCost {
    HashingCost { memory_kib: 64, iterations: 1, workers: 1, queue: 8 }
}

fn password(typed: &str) -> Password {
    Password::new(typed.to_owned())
}

async fn verify(hasher: &Hasher, typed: &str, stored: &str) -> Verdict {
    hasher.admit(HERE).unwrap().verify(password(typed), Some(PasswordHash(stored.to_owned()))).await.unwrap().0
}

/// A worker replies first and frees the place then.
async fn empty(hasher: &Hasher) {
    while hasher.admitted() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn asvs_6_2_8_verified_exactly_as_received() {
    let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
    let long = "a".repeat(72);
    for (set, tried) in [
        ("correct horse", "correct horse "),
        ("correct horse", "Correct horse"),
        (long.as_str(), &format!("{long}b")),
        ("ｆullwidth", "fullwidth"),
    ] {
        let hash = hasher.admit(HERE).unwrap().hash(password(set)).await.unwrap();
        assert!(matches!(verify(&hasher, set, &hash.0).await, Verdict::Right { upgraded: None }));
        assert!(matches!(verify(&hasher, tried, &hash.0).await, Verdict::Wrong), "{set} / {tried}");
    }
}

#[tokio::test]
async fn a_missing_hash_costs_one_hash_and_no_password_matches() {
    let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
    let verdict = hasher.admit(HERE).unwrap().verify(password("correct horse"), None).await;
    assert!(matches!(verdict, Ok((Verdict::Wrong, _))));
    assert_eq!(hasher.trail.metrics.passwords_hashed.get(), 1);
}

/// Each made by other software: bcrypt's vectors of Openwall, RFC 7914 section 12, Python's hashlib and argon2-cffi.
#[tokio::test]
async fn hashes_of_other_software_verify_and_are_replaced() {
    let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
    for (typed, stored) in [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        (
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
            "$2y$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
        ),
        (
            "pleaseletmein",
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
        ),
        ("passwd", "$pbkdf2-sha256$i=10000,l=32$c2FsdCBvZiAxNiBieXRlcw$HYodgw4f/Hz55Z25gn/H8sBugvkuj4Qhu6N0heuW5Qc"),
        ("passwd", "$pbkdf2-sha512$i=10000,l=32$c2FsdCBvZiAxNiBieXRlcw$jkc5kyG1HuGdkY+UMru5muzzaLn4yJIR5bMfkhJTPY4"),
        ("passwd", "$pbkdf2-sha512$10000$c2FsdCBvZiAxNiBieXRlcw$jkc5kyG1HuGdkY.UMru5muzzaLn4yJIR5bMfkhJTPY4"),
        ("password", "$argon2i$v=19$m=4096,t=3,p=4$c2FsdCBvZiAxNiBieXRlcw$coKvBdITiGs4SoueRFmnlG9cYSif28HWTZY3JU64Vks"),
        ("password", "$argon2i$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A"),
    ] {
        assert!(is_importable(stored), "{stored}");
        let Verdict::Right { upgraded: Some(new) } = verify(&hasher, typed, stored).await else { panic!("{stored}") };
        assert!(new.0.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(matches!(verify(&hasher, typed, &new.0).await, Verdict::Right { upgraded: None }));
        assert!(matches!(verify(&hasher, "something else", stored).await, Verdict::Wrong), "{stored}");
    }
}

#[tokio::test]
async fn asvs_11_2_5_a_corrupt_hash_accepts_no_password() {
    let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
    for corrupt in ["", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$AAAA", "plain", "$2b$", "$scrypt$", "$pbkdf2-sha256$i=1$$"] {
        assert!(matches!(verify(&hasher, corrupt, corrupt).await, Verdict::Wrong), "{corrupt}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c_20_a_full_queue_refuses_at_once_and_serves_the_rest() {
    let hasher = Hasher::new(&HashingCost { memory_kib: 8192, ..cheap() }, Arc::default()).unwrap();
    let admitted: Vec<_> = std::iter::from_fn(|| hasher.admit(HERE).ok()).collect();
    assert_eq!((admitted.len(), hasher.trail.metrics.passwords_shed.get()), (5, 1), "half of nine places, rounded up");
    let stranger = ClientNetwork::V4(Ipv4Addr::LOCALHOST);
    assert!(hasher.admit(stranger).is_ok(), "another network always finds a place");
    let all = futures_util::future::join_all(admitted.iter().map(|one| one.hash(password("correct horse")))).await;
    assert!(all.iter().all(Result::is_ok), "every admitted request is served");
    drop(admitted);
    empty(&hasher).await;
}

#[tokio::test]
async fn c_39_a_worker_that_panics_serves_the_next_request() {
    let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
    let place = hasher.admit(HERE).unwrap();
    let panicked = place.run(|_| panic!("as a bug would")).await;
    assert_eq!(panicked, Err::<(), _>(HashingError::Failed));
    drop(place);
    assert!(hasher.admit(HERE).unwrap().hash(password("correct horse")).await.is_ok());
    empty(&hasher).await;
}

/// NIST SP 800-63B section 3.1.1.2: some keyboards type `é` as one code point, others as two.
#[tokio::test]
async fn a_password_is_right_in_nfc_and_nfd() {
    let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
    let (nfc, nfd) = ("\u{e9}clair-au-caf\u{e9}", "e\u{301}clair-au-cafe\u{301}");
    for set in [nfc, nfd] {
        let hash = hasher.admit(HERE).unwrap().hash(password(set)).await.unwrap();
        for typed in [nfc, nfd] {
            assert!(matches!(verify(&hasher, typed, &hash.0).await, Verdict::Right { upgraded: None }), "{set:?} / {typed:?}");
        }
        assert!(matches!(verify(&hasher, "eclair-au-cafe", &hash.0).await, Verdict::Wrong));
    }
    // Imported, or stored by an earlier version: made of the exact bytes.
    let exact = bcrypt::hash(nfd, 4).unwrap();
    let Verdict::Right { upgraded: Some(normalized) } = verify(&hasher, nfd, &exact).await else { panic!("the exact bytes") };
    assert!(matches!(verify(&hasher, nfc, &normalized.0).await, Verdict::Right { upgraded: None }));
    assert!(matches!(verify(&hasher, nfd, &bcrypt::hash(nfc, 4).unwrap()).await, Verdict::Right { upgraded: Some(_) }));
}

#[tokio::test]
async fn a_hash_beyond_the_bounds_of_cost_is_neither_imported_nor_verified() {
    let hasher = Hasher::new(&cheap(), Arc::default()).unwrap();
    let (salt, mut out) = (b"somesaltsomesalt", [0; 32]);
    let scrypt = |p| {
        let mut out = [0; 32];
        scrypt::scrypt(b"password", salt, &scrypt::Params::new(1, 1, p).unwrap(), &mut out).unwrap();
        format!("$scrypt$ln=1,r=1,p={p}${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(out))
    };
    let mut argon2 = |p: u32| {
        let params = argon2::Params::new(8 * p, 1, p, None).unwrap();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(b"password", salt, &mut out).unwrap();
        let (salt, out) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(out));
        format!("$argon2id$v=19$m={},t=1,p={p}${salt}${out}", 8 * p)
    };
    for (cheap, costly) in [(scrypt(16_384), scrypt(16_385)), (argon2(64), argon2(65))] {
        assert!(is_importable(&cheap) && matches!(verify(&hasher, "password", &cheap).await, Verdict::Right { .. }), "{cheap}");
        assert!(!is_importable(&costly) && matches!(verify(&hasher, "password", &costly).await, Verdict::Wrong), "{costly}");
    }
    let pbkdf2 = |scheme, rounds, length: usize| {
        format!("${scheme}$i={rounds},l={length}$c2FsdHNhbHQ${}", STANDARD_NO_PAD.encode(vec![7; length]))
    };
    assert!(is_importable(&pbkdf2("pbkdf2-sha256", 2_500_000, 32)) && is_importable(&pbkdf2("pbkdf2-sha512", 2_500_000, 64)));
    assert!(!is_importable(&pbkdf2("pbkdf2-sha256", 2_500_001, 32)) && !is_importable(&pbkdf2("pbkdf2-sha256", 1_250_001, 33)));
}
