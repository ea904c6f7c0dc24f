//! Access tokens: their claims, and that the service accepts no other token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bifrons::{
    maintenance::keep_keys,
    secret::{Algorithm as Ours, SigningKey},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::JwkSet};
use serde_json::{Value, json};

use crate::support::{App, EMAIL, PASSWORD};

async fn a_token(app: &App) -> String {
    let ada = app.client();
    let _ = ada.sign_up(EMAIL, PASSWORD).await;
    ada.tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token")
}

fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn rfc_9068_another_service_verifies_it_with_the_jwks_alone() {
    for algorithm in [Ours::EdDsa, Ours::Es256] {
        let app = App::configured(|config| config.tokens.algorithm = algorithm).await;
        let token = a_token(&app).await;
        let jwks: JwkSet = serde_json::from_value(app.client().get("/.well-known/jwks.json").await.expect(200).json()).unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        let key = DecodingKey::from_jwk(jwks.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&["http://localhost:3000"]);
        validation.set_audience(&["http://localhost:3000"]);
        validation.validate_exp = false; // the service has a manual clock
        let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;

        assert_eq!(part(&token, 0), json!({"typ": "at+jwt", "alg": algorithm.name(), "kid": header.kid}));
        let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["amr", "aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "roles", "sid", "sub"],
            "ASVS 14.1.1: no e-mail, no name"
        );
        assert_eq!(
            (claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), &claims["amr"], &claims["roles"]),
            (600, &json!(["pwd"]), &json!([]))
        );
        app.client().with_token(&token).get_session().await.expect(200);
    }
}

#[tokio::test]
async fn asvs_9_1_1_no_byte_may_be_changed() {
    let app = App::start().await;
    let token = a_token(&app).await;
    let refused = async |token: &str| drop(app.client().with_token(token).get_session().await.expect(401));
    for at in (0..token.len()).step_by(7) {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        refused(std::str::from_utf8(&changed).unwrap()).await;
    }
    let parts: Vec<_> = token.split('.').collect();
    for mangled in [
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}.x"),
        format!(".{}.{}", parts[1], parts[2]),
        format!("{}..{}", parts[0], parts[2]),
        format!("{token}="),
        "..".to_owned(),
        "A".repeat(20_000),
    ] {
        refused(&mangled).await;
    }
    app.client().with_token(&token).get_session().await.expect(200);
}

#[tokio::test]
async fn b_20_the_algorithm_is_that_of_the_key() {
    let app = App::start().await;
    let token = a_token(&app).await;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let jwk = app.client().get("/.well-known/jwks.json").await.expect(200).json()["keys"][0].clone();
    let public = URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap()).unwrap();
    for none in ["none", "None", "nOnE", "NONE", ""] {
        let mut header = header.clone();
        header["alg"] = none.into();
        for signature in ["", "AAAA"] {
            let forged = format!("{}.{}.{signature}", encode(&header), encode(&claims));
            app.client().with_token(&forged).get_session().await.expect(401);
        }
    }
    for secret in [public.as_slice(), jwk.to_string().as_bytes(), jwk["x"].as_str().unwrap().as_bytes()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header =
                Header { typ: Some("at+jwt".into()), kid: jwk["kid"].as_str().map(str::to_owned), ..Header::new(algorithm) };
            let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
            app.client().with_token(&forged).get_session().await.expect_problem(401, "invalid_token");
        }
    }
}

/// Tokens that our own key signed, and that are not valid access tokens.
#[tokio::test]
async fn b_21_b_22_every_claim_is_required_and_has_its_type() {
    let app = App::start().await;
    let token = a_token(&app).await;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let keys = app.state.keys.current();
    let (key, _) = keys.signing(app.state.clock.now()).unwrap();
    let signed = |header: &Header, claims: &Value| jsonwebtoken::encode(header, claims, &key.private).unwrap();
    let ours = Header { typ: Some("at+jwt".into()), kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
    app.client().with_token(&signed(&ours, &claims)).get_session().await.expect(200);
    assert_eq!(header["kid"], key.id.as_str());

    for name in claims.as_object().unwrap().keys() {
        let mut without = claims.clone();
        without.as_object_mut().unwrap().remove(name);
        app.client().with_token(&signed(&ours, &without)).get_session().await.expect_problem(401, "invalid_token");
        for odd in [json!(null), json!([]), json!({}), json!(-1.5), json!(true), json!(1e20)] {
            if ["amr", "roles"].contains(&name.as_str()) && odd.is_array() {
                continue;
            }
            let mut with = claims.clone();
            with[name] = odd;
            app.client().with_token(&signed(&ours, &with)).get_session().await.expect_problem(401, "invalid_token");
        }
    }
    let claim = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        signed(&ours, &claims)
    };
    for wrong in [
        claim("exp", json!(claims["iat"].as_i64().unwrap() - 1)),
        claim("exp", json!(claims["exp"].to_string())),
        claim("iss", json!("http://localhost:3000/")),
        claim("iss", json!("https://evil.example")),
        claim("aud", json!("http://localhost:3000.evil.example")),
        claim("aud", json!(["https://other.example"])),
        claim("sid", json!("019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a")),
        claim("auth_time", json!(claims["auth_time"].as_i64().unwrap() - 1)),
    ] {
        app.client().with_token(&wrong).get_session().await.expect_problem(401, "invalid_token");
    }
    for typ in [None, Some("JWT"), Some("jwt"), Some("dbsc+jwt"), Some("AT+JWT ")] {
        let header = Header { typ: typ.map(str::to_owned), ..ours.clone() };
        app.client().with_token(&signed(&header, &claims)).get_session().await.expect_problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn b_23_a_token_cannot_name_its_own_key() {
    let app = App::start().await;
    let token = a_token(&app).await;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    // No header makes the service trust a key of the attacker.
    let theirs = SigningKey::from_pem(Ours::EdDsa, &SigningKey::generate(Ours::EdDsa).unwrap()).unwrap();
    let (their_jwk, their_id) = (theirs.public_jwk(), &theirs.id);
    for (name, value) in [
        ("kid", json!(their_id)),
        ("kid", header["kid"].clone()),
        ("kid", json!("../../etc/passwd")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!("k".repeat(10_000))),
        ("kid", json!(null)),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert")),
        ("jwk", their_jwk),
    ] {
        let mut header = header.clone();
        header[name] = value;
        app.client().with_token(&sign(&theirs, &header, &claims)).get_session().await.expect_problem(401, "invalid_token");
    }
    let ours = app.state.keys.current();
    let (ours, _) = ours.signing(app.state.clock.now()).unwrap();
    app.client().with_token(&sign(ours, &header, &claims)).get_session().await.expect(200);
}

/// A testbed signs with a key of its memory, whose `kid` is no thumbprint. A node takes no token of it, even if its database has the key.
#[tokio::test]
async fn the_tokens_of_a_testbed_are_refused() {
    let app = App::start().await;
    let token = a_token(&app).await;
    let (mut header, claims) = (part(&token, 0), part(&token, 1));
    let pem = SigningKey::generate(Ours::EdDsa).unwrap();
    let copied = SigningKey::from_pem(Ours::EdDsa, &pem).unwrap();
    app.state.keyring().import(&pem, app.state.clock.now()).await.unwrap();
    keep_keys(&app.state).await.unwrap();
    header["kid"] = copied.id.as_str().into();
    app.client().with_token(&sign(&copied, &header, &claims)).get_session().await.expect(200);
    // As long as a name of a key can be.
    let copy = format!("testbed-{}", &copied.id[8..]);
    header["kid"] = copy.as_str().into();
    let of_testbed = app.client().with_token(&sign(&copied, &header, &claims));
    of_testbed.get_session().await.expect_problem(401, "invalid_token");
    app.execute(&format!("UPDATE signing_key SET id = '{copy}' WHERE id = '{}'", copied.id)).await;
    keep_keys(&app.state).await.unwrap_err();
    of_testbed.get_session().await.expect_problem(401, "invalid_token");
}

/// A JWT with exactly this header.
fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key.private, Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

/// `tokens.claims`: for other services that want to know more.
#[tokio::test]
async fn a_token_carries_the_claims_that_the_operator_asks_for() {
    let app = App::with_environment(&[
        ("BIFRONS_TOKENS__CLAIMS", "email_verified,plan,https://example.com/tenant=org,missing"),
        ("BIFRONS_TOKENS__AUDIENCES", "https://orders.example.com"),
    ])
    .await;
    let ada = app.ada().await;
    let metadata = json!({ "plan": "pro", "org": { "id": 7 }, "sub": "another", "roles": ["admin"] });
    app.sql(&format!("UPDATE user SET email_verified = TRUE, app_metadata = '{metadata}', version = version + 1")).await;
    for token in [a_token(&app).await, ada.post("/v1/session/token", json!({})).await.expect(200).string("/access_token")] {
        let claims = part(&token, 1);
        assert_eq!((&claims["email_verified"], &claims["plan"]), (&json!(true), &json!("pro")));
        assert_eq!(claims["https://example.com/tenant"], json!({ "id": 7 }));
        assert!(claims.get("missing").is_none() && claims["sub"] != "another" && claims["roles"] == json!([]));
    }
    app.client().with_token(&a_token(&app).await).get_session().await.expect(200);
    let environment = [("BIFRONS_TOKENS__CLAIMS".to_owned(), "roles=plan".to_owned())];
    assert!(bifrons::config::Config::read(None, environment).config.is_err(), "never over a registered one");
}
