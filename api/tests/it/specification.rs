//! The specification in the repository is the one of the code. `UPDATE_SPEC=1` rewrites it.

use std::{collections::HashSet, fs, path::PathBuf};

use bifrons::http::spec::{self, Api};
use serde_json::{Value, json};

use crate::{
    every_operation::signed_in,
    support::{
        App,
        specification::{ADMIN_DOCUMENT, DOCUMENT, Operation, admin_operations, operations, resolve, validator},
    },
};

fn checked_in(name: &str, current: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    if std::env::var_os("UPDATE_SPEC").is_some() {
        fs::write(&path, current).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert!(
        written == current,
        "{name} differs from the code; see the difference with: UPDATE_SPEC=1 cargo test --test it specification; git diff {name}"
    );
}

#[test]
fn the_documents_are_the_specifications_of_the_code() {
    checked_in("openapi.json", &spec::spec(Api::Public));
    checked_in("openapi-admin.json", &spec::spec(Api::Admin));
}

#[test]
fn openapi_txt_lists_the_operations() {
    checked_in("openapi.txt", &spec::index(Api::Public));
}

#[test]
fn no_key_is_repeated() {
    // serde_json silently takes the last of two equal keys. poem-openapi writes a status twice if two variants share it.
    struct Strict;
    impl<'de> serde::Deserialize<'de> for Strict {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Strict;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("JSON")
                }
                fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
                    Ok(Strict)
                }
                fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
                    Ok(Strict)
                }
                fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
                    Ok(Strict)
                }
                fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
                    Ok(Strict)
                }
                fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
                    while items.next_element::<Strict>()?.is_some() {}
                    Ok(Strict)
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<Strict, A::Error> {
                    let mut names = HashSet::new();
                    while let Some((name, Strict)) = members.next_entry::<String, Strict>()? {
                        assert!(names.insert(name.clone()), "{name} is repeated");
                    }
                    Ok(Strict)
                }
            }
            deserializer.deserialize_any(Visitor)
        }
    }
    for api in [Api::Public, Api::Admin] {
        serde_json::from_str::<Strict>(&spec::spec(api)).unwrap();
    }
}

#[test]
fn every_operation_has_a_name_a_description_and_a_security_requirement() {
    let mut ids = HashSet::new();
    for operation in operations().into_iter().chain(admin_operations()) {
        assert!(ids.insert(operation.id.clone()) && !operation.id.is_empty(), "{}", operation.template);
        assert!(operation.document["security"].is_array(), "{}", operation.id);
        assert!(operation.document["summary"].is_string(), "{}", operation.id);
        if let Some(body) = operation.body() {
            assert_eq!(body["additionalProperties"], false, "{}", operation.id);
            assert!(body["example"].is_object(), "{}", operation.id);
        }
        for (status, response) in operation.document["responses"].as_object().unwrap() {
            let problem = &resolve(response)["content"]["application/problem+json"];
            if status.as_str() >= "400" {
                let codes = problem.pointer("/schema/allOf/1/properties/code/enum").and_then(Value::as_array);
                assert!(codes.is_some_and(|codes| !codes.is_empty()), "{} {status}", operation.id);
            }
        }
        let parameters = operation.document["parameters"].as_array().into_iter().flatten();
        for parameter in parameters {
            let name = parameter["name"].as_str().unwrap();
            // Operators search by the beginning of an address, which is no credential.
            let is_search = operation.id == "listUsers" && name == "email";
            assert!(
                is_search
                    || parameter["in"] == "cookie"
                    || !["token", "password", "secret", "email"].iter().any(|secret| name.contains(secret)),
                "ASVS 14.2.1: {name} in a URL"
            );
        }
    }
}

#[tokio::test]
async fn the_service_serves_the_specification() {
    let app = App::start().await;
    let served = app.client().get("/openapi.json").await.expect(200);
    assert_eq!(served.header("content-type"), "application/json");
    let names = |text: &str| text.replace("__Host-", "").replace("; HttpOnly; Secure;", "; HttpOnly;");
    let (mut served, mut written): (Value, Value) =
        (served.json(), serde_json::from_str(&names(&spec::spec(Api::Public))).unwrap());
    assert_eq!(served["servers"][0]["url"].take(), "http://localhost:3000");
    assert_eq!(written["servers"][0]["url"].take(), "/");
    let audience = served.pointer_mut("/components/schemas/MintAccessTokenRequest/properties/audience").unwrap();
    assert_eq!(audience.as_object_mut().unwrap().remove("enum").unwrap(), json!(["services"]));
    assert_eq!(served, written, "the rest is the document of the repository");
    let explorer = app.client().get("/docs").await.expect(200);
    assert!(explorer.text.contains("\"operationId\":\"signIn\"") && explorer.header("content-type").starts_with("text/html"));
    assert_eq!(app.client().get("/").await.expect(303).header("location"), "docs", "relative: a proxy may serve it below a prefix");

    let without = App::with_environment(&[("BIFRONS_DOCS__ENABLED", "false")]).await;
    without.client().get("/docs").await.expect_problem(404, "not_found");
    without.client().get("/").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn the_served_document_has_the_effective_names() {
    for (environment, prefix, url) in [
        ([("BIFRONS_PUBLIC_URL", "http://localhost:8080"), ("BIFRONS_COOKIE__DOMAIN", "")], "", "http://localhost:8080"),
        ([("BIFRONS_PUBLIC_URL", "https://api.example.com"), ("BIFRONS_COOKIE__DOMAIN", "")], "__Host-", "https://api.example.com"),
        (
            [("BIFRONS_PUBLIC_URL", "https://api.example.com"), ("BIFRONS_COOKIE__DOMAIN", "example.com")],
            "__Secure-",
            "https://api.example.com",
        ),
    ] {
        let more = [("BIFRONS_TOKENS__AUDIENCES", "orders, billing")];
        let app = App::with_environment(&[environment.as_slice(), &more].concat()).await;
        let served = app.client().get("/openapi.json").await.expect(200).json();
        assert_eq!(served["servers"], json!([{ "url": url, "description": "The service that serves this document" }]));
        let security = &served["components"]["securitySchemes"];
        assert_eq!(security["cookieAuth"]["name"], format!("{prefix}bifrons_session"));
        assert_eq!(security["refreshCookie"]["name"], format!("{prefix}bifrons_refresh"));
        let parameter = |path: &str, method: &str| served["paths"][path][method]["parameters"][0].clone();
        assert_eq!(parameter("/v1/session", "post")["name"], format!("{prefix}bifrons_device"));
        assert_eq!(parameter("/v1/probe", "get")["name"], format!("{prefix}bifrons_probe"));
        let cookie = served["components"]["headers"]["SetCookie"]["example"].as_str().unwrap();
        assert!(
            cookie.starts_with(&format!("{prefix}bifrons_session=")) && cookie.contains("; Secure") != prefix.is_empty(),
            "{cookie}"
        );
        let schemas = &served["components"]["schemas"];
        assert_eq!(schemas["MintAccessTokenRequest"]["properties"]["audience"]["enum"], json!(["orders", "billing"]));
        assert_eq!(schemas["MintAccessTokenRequest"]["example"], json!({ "audience": "orders" }));
        // The explorer has the same names, and calls the host that it is from.
        let page = app.client().get("/docs").await.expect(200).text;
        assert!(page.contains(&format!("\"name\":\"{prefix}bifrons_session\"")) && page.contains("\"servers\":[{\"url\":\".\""));
    }
}

#[tokio::test]
async fn the_served_document_has_the_effective_lengths_of_passwords() {
    let app = App::configured(|config| (config.passwords.min_length, config.passwords.max_bytes) = (12, 100)).await;
    let schemas = app.client().get("/openapi.json").await.expect(200).json()["components"]["schemas"].take();
    let lengths = |schema: &str, field: &str| {
        let field = &schemas[schema]["properties"][field];
        (field["minLength"].as_u64(), field["maxLength"].as_u64())
    };
    assert_eq!(lengths("RegisterUserRequest", "password"), (Some(12), Some(100)));
    assert_eq!(lengths("ResetPasswordRequest", "new_password"), (Some(12), Some(100)));
    assert_eq!(lengths("SignInRequest", "password"), (None, Some(1024)), "passwords of other days have other lengths");
}

#[test]
fn every_value_has_an_example_that_fits() {
    let schemas = |document: &'static Value| document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas(&DOCUMENT).iter().chain(schemas(&ADMIN_DOCUMENT)) {
        let example = &schema["example"];
        assert!(!example.is_null(), "{name}");
        let fits = validator(&json!({ "$ref": format!("#/components/schemas/{name}") }));
        assert!(fits.is_valid(example), "{name}: {example}");
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            let described = resolve(schema["allOf"].get(0).unwrap_or(schema));
            let example = schema.get("example").unwrap_or(&described["example"]);
            assert!(validator(schema).is_valid(example), "{name}.{property}: {example}");
        }
    }
    for (name, header) in DOCUMENT["components"]["headers"].as_object().unwrap() {
        assert!(validator(&header["schema"]).is_valid(&header["example"]), "{name}");
    }
    for operation in operations().into_iter().chain(admin_operations()) {
        for parameter in operation.document["parameters"].as_array().into_iter().flatten() {
            assert!(validator(&parameter["schema"]).is_valid(&parameter["example"]), "{}: {parameter}", operation.id);
        }
        for response in operation.document["responses"].as_object().unwrap().values() {
            let content = resolve(response)["content"].as_object().into_iter().flatten();
            for (media_type, content) in content.filter(|(media_type, _)| *media_type == "application/problem+json") {
                for example in content["examples"].as_object().unwrap().values().map(resolve) {
                    assert!(validator(&content["schema"]).is_valid(&example["value"]), "{} {media_type}: {example}", operation.id);
                }
            }
        }
    }
}

/// Go has one name space for the values of all enums, and generators name them by `x-enum-varnames`.
#[test]
fn no_two_values_of_enums_have_one_name() {
    for document in [&*DOCUMENT, &*ADMIN_DOCUMENT] {
        has_no_name_twice(document["components"]["schemas"].as_object().unwrap());
    }
}

fn has_no_name_twice(schemas: &serde_json::Map<String, Value>) {
    let mut names = HashSet::new();
    for (name, schema) in schemas {
        assert!(names.insert(name.to_lowercase()), "{name}");
        let Some(values) = schema["enum"].as_array() else { continue };
        let given = schema["x-enum-varnames"].as_array().unwrap();
        assert_eq!(given.len(), values.len(), "{name}");
        for value in given.iter().map(|value| value.as_str().unwrap()) {
            assert!(value.starts_with(name.as_str()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{value}");
            assert!(names.insert(value.to_lowercase()), "{value}");
        }
    }
    for code in ["ProblemCode", "Rule"] {
        let values = schemas[code]["enum"].as_array().unwrap();
        let described = schemas[code]["description"].as_str().unwrap();
        assert!(values.iter().all(|value| described.contains(&format!("- `{}`: ", value.as_str().unwrap()))), "{described}");
    }
}

#[test]
fn links_lead_to_operations_and_fill_their_inputs() {
    let all = operations();
    let mut count = 0;
    for from in &all {
        let responses = from.document["responses"].as_object().unwrap().values().map(resolve);
        for link in
            responses.clone().flat_map(|response| response["links"].as_object().into_iter().flat_map(|links| links.values()))
        {
            count += 1;
            let to = all.iter().find(|operation| link["operationId"] == operation.id.as_str()).unwrap_or_else(|| panic!("{link}"));
            for (name, expression) in link["parameters"].as_object().into_iter().flatten() {
                let parameters = to.document["parameters"].as_array().unwrap();
                assert!(parameters.iter().any(|parameter| parameter["name"] == name.as_str()), "{link}");
                let pointer = expression.as_str().and_then(|expression| expression.strip_prefix("$response.body#")).unwrap();
                assert!(example_of_answer(from).pointer(pointer).is_some_and(Value::is_string), "{} {name}: {expression}", from.id);
            }
            // What the description names is there.
            let named: Vec<_> = link["description"].as_str().unwrap().split('`').skip(1).step_by(2).collect();
            for name in named.into_iter().filter(|name| *name != "token" || to.id == "revokeToken") {
                let fields = to.body().map(|body| &body["properties"]);
                let is_input = fields.is_some_and(|fields| fields.get(name).is_some());
                let is_answered = example_of_answer(from).pointer(&format!("/{}", name.replace('.', "/"))).is_some();
                assert!(is_input || is_answered, "{} {name}: {link}", from.id);
            }
        }
    }
    assert!(count >= 15, "{count}");
}

fn example_of_answer(operation: &Operation) -> Value {
    let of =
        |status| resolve(&operation.response(status)?["content"]["application/json"]["schema"])["example"].as_object().cloned();
    [200, 201].into_iter().find_map(of).unwrap_or_default().into()
}

#[tokio::test]
async fn the_example_of_an_operation_is_a_request_that_it_takes() {
    let app = App::start().await;
    for operation in operations() {
        let ada = signed_in(&app).await;
        let answer = ada.send(operation.method.clone(), &operation.path(), operation.example()).await;
        assert!(![400, 415, 422].contains(&answer.status), "{}: {}", operation.id, answer.text);
        if ["mintAccessToken", "changePassword"].contains(&operation.id.as_str()) {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }
}
