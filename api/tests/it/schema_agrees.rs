//! The schemas of the served document and the service agree about each value of each field and parameter, in both directions.

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, PASSWORD, specification};

/// Rules that a schema cannot say: they depend on lists, on other values, or on bytes in place of characters.
const BEYOND: [&str; 5] = ["common", "context", "breached", "max_bytes", "max_depth"];

/// What a regular expression cannot decide, and the descriptions name.
const UNDECIDED: [&str; 8] = [
    // IDNA.
    "a@xn--a.example",
    "a@ab--c.example",
    "a@\u{2764}.example",
    // Joiners in names.
    "A\u{200d}da",
    "Ada\u{fe0f}",
    "Ada\u{34f}",
    // Passwords count in NFC.
    "e\u{301}e\u{301}e\u{301}e\u{301}",
    "\u{2764}@a\u{3000}",
];

/// Texts on both sides of the rules.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "Ada",
    "Ada Lovelace",
    " Ada ",
    "ada@example.com",
    " ada@example.com\t",
    "\u{fc}@b\u{fc}cher.example",
    "ada@localhost",
    "Ada@Example.COM",
    "a.b+c@1-b.example",
    "a@b@example.com",
    "@example.com",
    "ada@",
    "ada",
    "a..b@example.com",
    ".a@example.com",
    "a.@example.com",
    "\"a b\"@example.com",
    "a@[127.0.0.1]",
    "a@127.0.0.1",
    "a b@example.com",
    "a@exa mple.com",
    "a@example.com.",
    "a@-example.com",
    "a@example-.com",
    "a@ex_ample.com",
    "a@example.123",
    "(a)@example.com",
    "a,b@example.com",
    "a@b,c",
    "a@\n",
    "a\u{0}b@example.com",
    "Ada\n",
    "\u{7}",
    "\u{85}",
    "\u{202e}Ada",
    "Ada\u{200b}",
    "\u{3000}",
    "\u{200d}",
    "\u{2800}",
    "\u{639}\u{644}\u{6cc}\u{200c}\u{631}\u{636}\u{627}",
    "en",
    "de-AT",
    "zh-Hant-TW",
    "de_AT",
    "en-",
    "-en",
    "toolonglanguage",
    "e n",
    "cookie",
    "token",
    "body",
    "Cookie",
    "services",
    "totp",
    "https://orders.example.com",
    "short",
    "correct horse battery",
    "password1",
    "\u{1f40e}\u{1f40e}\u{1f40e}\u{1f40e}\u{1f40e}\u{1f40e}\u{1f40e}\u{1f40e}",
    "null",
    "true",
    "1",
    "\u{0}",
];

fn texts() -> Vec<String> {
    let lengths = [7, 8, 35, 36, 63, 64, 65, 100, 101, 254, 255, 256, 257, 320, 1024, 1025, 4096, 4097];
    let long = lengths
        .iter()
        .flat_map(|length| ["x".repeat(*length), "zq4".repeat(*length), format!("a@{}.example", "x".repeat(*length))]);
    let fixed = TEXTS.iter().copied().chain(UNDECIDED).map(str::to_owned);
    fixed.chain(long).collect()
}

fn values() -> Vec<Value> {
    let others = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1.5),
        json!(-1),
        json!([]),
        json!(["a"]),
        json!({}),
        json!({ "a": 1 }),
        json!({ "a": null }),
        json!({ "a": { "b": { "c": { "d": { "e": {} } } } } }),
    ];
    others.into_iter().chain(texts().into_iter().map(Value::from)).collect()
}

/// A schema of the served document.
fn validator(document: &Value, schema: &Value) -> Validator {
    let whole = json!({ "allOf": [schema], "components": document["components"] });
    specification::validator(&specification::as_json_schema(&whole))
}

#[tokio::test]
async fn every_field_of_every_body_is_what_its_schema_says() {
    let app = App::start().await;
    let document = app.client().get("/openapi.json").await.expect(200).json();
    for operation in specification::operations() {
        let pointer = format!(
            "/paths/{}/{}/requestBody/content/application~1json/schema",
            escaped(&operation.template),
            lower(&operation.method)
        );
        let Some(schema) = document.pointer(&pointer) else { continue };
        let fits = validator(&document, schema);
        let body = document.pointer(schema["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap();
        assert!(fits.is_valid(&body["example"]), "{}", operation.id);
        // Each has a user of its own: some change the password.
        let (ada, email) = (app.client(), format!("{}@example.com", operation.id));
        ada.sign_up(&email, PASSWORD).await.expect(201);
        ada.sign_in(&email, PASSWORD).await.expect(200);
        for field in body["properties"].as_object().unwrap().keys() {
            let mut decided = [0, 0];
            for value in values() {
                let mut sent = body["example"].clone();
                if field == "refresh_in" {
                    // It has no valid value in the other mode.
                    sent["mode"] = "token".into();
                }
                sent[field] = value.clone();
                let answer = ada.send(operation.method.clone(), &operation.path(), Some(sent.clone())).await;
                let broken = if answer.status == 422 { answer.broken_rules() } else { Vec::new() };
                let what = format!("{} {field} {value}: {} {broken:?}", operation.id, answer.status);
                let is_valid = fits.is_valid(&sent);
                if is_valid {
                    let beyond = broken.iter().all(|(_, rule)| BEYOND.contains(&rule.as_str()));
                    let undecided = value.as_str().is_some_and(|text| UNDECIDED.contains(&text));
                    assert!(answer.status != 400 && (answer.status != 422 || beyond || undecided), "refused: {what}");
                } else {
                    assert!(answer.status == 422 && broken.iter().any(|(one, _)| one == field), "accepted: {what}");
                }
                decided[usize::from(is_valid)] += 1;
            }
            assert!(decided[0] > 0 && decided[1] > 0, "{} {field}: {decided:?}", operation.id);
        }
    }
}

#[tokio::test]
async fn every_parameter_is_what_its_schema_says() {
    let app = App::start().await;
    let ada = app.ada().await;
    let id = "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a";
    let numbers =
        ["0", "1", "50", "100", "101", "-1", "-0", "007", "+5", " 5", "5.0", "1e1", "0x1", "99999999999999999999", "\u{663}"];
    let ids =
        [id.to_owned(), id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}"), format!("{id}0")];
    let texts = texts().into_iter().filter(|text| text.len() < 300);
    let texts: Vec<_> = numbers.map(str::to_owned).into_iter().chain(ids).chain(texts).collect();
    for operation in specification::operations() {
        for parameter in operation.document["parameters"].as_array().into_iter().flatten() {
            let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
            let fits = specification::validator(&parameter["schema"]);
            let mut decided = [0, 0];
            for text in &texts {
                let is_number = text.parse::<i64>().is_ok_and(|number| number.to_string() == *text);
                let value = if parameter["schema"]["type"] == "integer" && is_number {
                    text.parse::<i64>().unwrap().into()
                } else {
                    json!(text)
                };
                let encoded = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
                let (path, who) = match place {
                    "query" => (format!("{}?{name}={encoded}", operation.template), ada.clone()),
                    "path" if text.is_empty() => continue,
                    "path" => (operation.template.replace(&format!("{{{name}}}"), &encoded), ada.clone()),
                    // A cookie of any text: what the names of this deployment are, the served document says.
                    _ => (operation.path(), ada.with("cookie", format!("{}={encoded}", name.trim_start_matches("__Host-")))),
                };
                let answer = who.send(operation.method.clone(), &path, operation.example()).await;
                let what = format!("{} {name} {text:?}: {} {}", operation.id, answer.status, answer.text);
                let is_valid = fits.is_valid(&value);
                match (is_valid, place) {
                    (true, _) => assert!(![400, 422].contains(&answer.status), "refused: {what}"),
                    (false, "path") => assert_eq!(answer.code(), "not_found", "{what}"),
                    (false, _) => assert_eq!(answer.broken_rules()[0].0, name, "{what}"),
                }
                decided[usize::from(is_valid)] += 1;
            }
            assert!(decided[1] > 0 && (decided[0] > 0 || place == "cookie"), "{} {name}: {decided:?}", operation.id);
        }
    }
}

/// The rule and its limit are data, so that a form shows them in any language.
#[tokio::test]
async fn a_limit_is_data() {
    let app = App::start().await;
    let ada = app.ada().await;
    for (query, error) in [
        ("limit=101", json!({ "field": "limit", "rule": "maximum", "detail": "must be at most 100", "max": 100 })),
        ("limit=99999999999999999999", json!({ "field": "limit", "rule": "maximum", "detail": "must be at most 100", "max": 100 })),
        ("limit=0", json!({ "field": "limit", "rule": "minimum", "detail": "must be at least 1", "min": 1 })),
        ("limit=x", json!({ "field": "limit", "rule": "type", "detail": "must be an integer" })),
        ("after=x", json!({ "field": "after", "rule": "format", "detail": "must be a UUID" })),
    ] {
        let answer = ada.get(&format!("/v1/me/sessions?{query}")).await.expect_problem(422, "validation_failed");
        assert_eq!(answer.json()["errors"], json!([error]), "{query}");
    }
    for (body, limit) in [
        (json!({ "email": "b@example.com", "password": "short" }), json!({ "rule": "min_length", "min": 8 })),
        (json!({ "email": "b@example.com", "password": "\u{1f40e}".repeat(300) }), json!({ "rule": "max_bytes", "max": 1024 })),
        (json!({ "email": "b@example.com", "password": "x".repeat(2000) }), json!({ "rule": "max_length", "max": 1024 })),
        (
            json!({ "email": "\u{e4}".repeat(200) + "@example.com", "password": "correct horse" }),
            json!({ "rule": "max_bytes", "max": 254 }),
        ),
        (
            json!({ "email": "b@example.com", "password": "correct horse", "name": "x".repeat(101) }),
            json!({ "rule": "max_length", "max": 100 }),
        ),
    ] {
        let error = app.client().post("/v1/users", body).await.expect_problem(422, "validation_failed").json()["errors"][0].clone();
        for (member, value) in limit.as_object().unwrap() {
            assert_eq!(&error[member], value, "{error}");
        }
    }
    let answer = ada.post("/v1/session", json!({ "email": "a", "password": "b", "mode": "bearer" })).await;
    assert_eq!(answer.json()["errors"][0]["values"], json!(["cookie", "token"]));
    let answer = ada.post("/v1/session/token", json!({ "audience": "another" })).await;
    assert_eq!(answer.json()["errors"][0]["values"], json!(["services"]));
    let deep = json!({ "a": { "b": { "c": { "d": { "e": {} } } } } });
    let answer = ada.send(Method::PATCH, "/v1/me", Some(json!({ "user_metadata": deep }))).await;
    assert_eq!(answer.json()["errors"][0]["max"], 5);
}

fn escaped(path: &str) -> String {
    path.replace('/', "~1")
}

fn lower(method: &Method) -> String {
    method.as_str().to_lowercase()
}
