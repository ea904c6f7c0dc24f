//! The specification in the repository is the one of the code. `UPDATE_SPEC=1` rewrites it.

use std::{collections::HashSet, fs, path::PathBuf};

use bifrons::http::spec;
use serde_json::Value;

use crate::support::{App, specification::operations};

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
fn openapi_json_is_the_specification_of_the_code() {
    checked_in("openapi.json", spec::spec());
}

#[test]
fn openapi_txt_lists_the_operations() {
    checked_in("openapi.txt", &spec::index());
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
    serde_json::from_str::<Strict>(spec::spec()).unwrap();
}

#[test]
fn every_operation_has_a_name_a_description_and_a_security_requirement() {
    let mut ids = HashSet::new();
    for operation in operations() {
        assert!(ids.insert(operation.id.clone()) && !operation.id.is_empty(), "{}", operation.template);
        assert!(operation.document["security"].is_array(), "{}", operation.id);
        assert!(operation.document["summary"].is_string(), "{}", operation.id);
        if let Some(body) = operation.body() {
            assert_eq!(body["additionalProperties"], false, "{}", operation.id);
            assert!(body["example"].is_object(), "{}", operation.id);
        }
        for (status, response) in operation.document["responses"].as_object().unwrap() {
            let problem = &response["content"]["application/problem+json"];
            if status.as_str() >= "400" {
                let codes = problem.pointer("/schema/allOf/1/properties/code/enum").and_then(Value::as_array);
                assert!(codes.is_some_and(|codes| !codes.is_empty()), "{} {status}", operation.id);
            }
        }
        let parameters = operation.document["parameters"].as_array().into_iter().flatten();
        for parameter in parameters {
            let name = parameter["name"].as_str().unwrap();
            assert!(
                !["token", "password", "secret", "email"].iter().any(|secret| name.contains(secret)),
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
    assert_eq!(served.text, spec::spec());
    let explorer = app.client().get("/docs").await.expect(200);
    assert!(explorer.text.contains("\"operationId\":\"signIn\"") && explorer.header("content-type").starts_with("text/html"));
    assert_eq!(app.client().get("/").await.expect(303).header("location"), "/docs");

    let without = App::with_environment(&[("BIFRONS_DOCS__ENABLED", "false")]).await;
    without.client().get("/docs").await.expect_problem(404, "not_found");
    without.client().get("/").await.expect_problem(404, "not_found");
}
