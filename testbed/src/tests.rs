//! The document in the repository is the one of the code. `UPDATE_SPEC=1` rewrites it.

use std::{fs, path::PathBuf};

use crate::control;

#[test]
fn openapi_testbed_json_is_the_document_of_the_code() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../openapi-testbed.json");
    let current = control::spec();
    if std::env::var_os("UPDATE_SPEC").is_some() {
        fs::write(&path, &current)?;
    }
    assert!(fs::read_to_string(&path)? == current, "openapi-testbed.json differs from the code: run `make spec`");
    Ok(())
}
