//! What an operator does with signing keys, beside a node that serves.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

use bifrons::secret::{Algorithm, SigningKey};
use serde_json::Value;
use tempfile::tempdir;

use crate::support::{
    Actor, EMAIL, PASSWORD,
    binary::{Process, refuses, run},
    redis::until,
};

fn keys(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, &[&["keys"], arguments].concat(), &[])
}

fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The keys as `list --json` shows them: id, stage.
fn listed(folder: &Path) -> Vec<(String, String)> {
    let lines = said(keys(folder, &["list", "--json"]));
    let rows = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (row["id"].as_str().unwrap().to_owned(), row["stage"].as_str().unwrap().to_owned())).collect()
}

async fn published(client: &Actor) -> Vec<String> {
    let keys = client.get("/.well-known/jwks.json").await.expect(200).json();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn private(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn a_running_node_learns_of_what_an_operator_does() {
    let folder = tempdir().unwrap();
    let (folder, service) = (folder.path(), Process::start(folder.path()));
    let client = service.client();
    client.sign_up(EMAIL, PASSWORD).await.expect(201);
    let token = async || client.tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    let first = token().await;
    let [(stolen, stage)] = listed(folder).try_into().unwrap();
    assert_eq!((published(&client).await, stage.as_str()), (vec![stolen.clone()], "signing"));
    assert!(said(keys(folder, &["list"])).contains("EdDSA  signing since "));
    refuses(&keys(folder, &["retire", &stolen]), 1, "run `bifrons keys rotate --now` first");

    let said_of_next = said(keys(folder, &["rotate"]));
    assert!(said_of_next.contains("(EdDSA) is published and signs from "), "{said_of_next}");
    assert!(said(keys(folder, &["list"])).contains("published, signs from "));
    refuses(&keys(folder, &["retire", &stolen]), 1, "it signs now; run `bifrons keys rotate --now` first");
    // The command waits, so it runs beside this thread: the service closes connections that are idle so long.
    let own = folder.to_owned();
    let waiting = tokio::task::spawn_blocking(move || said(keys(&own, &["rotate", "--now", "--json"])));
    let now: Value = serde_json::from_str(&waiting.await.unwrap()).unwrap();
    let now = now["id"].as_str().unwrap();
    assert_eq!(listed(folder).iter().map(|(_, stage)| stage.as_str()).collect::<Vec<_>>(), ["retired", "retired", "signing"]);
    until(async || published(&client).await.contains(&now.to_owned())).await;
    client.with_token(&first).get_session().await.expect(200);
    let second = token().await;
    assert_eq!(jsonwebtoken::decode_header(&second).unwrap().kid.as_deref(), Some(now));

    refuses(&keys(folder, &["retire", now]), 1, "it signs now");
    assert!(said(keys(folder, &["retire", &stolen])).contains("its tokens are void within ten seconds"));
    refuses(&keys(folder, &["retire", &stolen]), 1, "no key has the id");
    until(async || !published(&client).await.contains(&stolen)).await;
    client.with_token(&first).get_session().await.expect_problem(401, "invalid_token");
    client.with_token(&second).get_session().await.expect(200);
}

#[test]
fn an_operator_imports_keys() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    assert!(run(folder, &["migrate"], &[]).status.success());
    refuses(&keys(folder, &["rotate"]), 1, "the nodes could not read a key that this command seals");
    Process::start(folder).stop();
    let file = folder.join("own.pem");
    private(&file, &SigningKey::generate(Algorithm::EdDsa).unwrap());
    let imported: Value = serde_json::from_str(&said(keys(folder, &["import", "own.pem", "--json"]))).unwrap();
    assert_eq!(imported["algorithm"], "EdDSA");
    refuses(&keys(folder, &["import", "own.pem"]), 1, "own.pem is among the keys already, as ");
    private(&file, &SigningKey::generate(Algorithm::Es256).unwrap());
    refuses(&keys(folder, &["import", "own.pem"]), 1, "own.pem is a key for ES256, and the nodes want EdDSA");
    assert_eq!(listed(folder).len(), 2);
    for content in ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        private(&file, content);
        refuses(&keys(folder, &["import", "own.pem"]), 1, "own.pem is not a private key for EdDSA (Ed25519) or ES256 (P-256)");
    }
    private(&file, &SigningKey::generate(Algorithm::EdDsa).unwrap());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    refuses(&keys(folder, &["import", "own.pem"]), 1, "chmod 600");
    refuses(&keys(folder, &["import", "missing.pem"]), 1, "missing.pem");
    refuses(&keys(folder, &["retire", "unknown"]), 1, "no key has the id unknown; see `bifrons keys list`");
    let elsewhere = tempdir().unwrap();
    refuses(&keys(elsewhere.path(), &["list"]), 1, "there is no database of Bifrons at");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing was created");
}

/// The command has no configuration of the nodes but their secret.
#[test]
fn the_next_key_is_one_that_the_nodes_can_use() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    Process::start_with(folder, &[("BIFRONS_TOKENS__ALGORITHM", "ES256")]).stop();
    let next: Value = serde_json::from_str(&said(keys(folder, &["rotate", "--json"]))).unwrap();
    assert_eq!(next["algorithm"], "ES256", "as the key before it");
    let theirs = fs::read_to_string(folder.join("data/bifrons.key")).unwrap();
    let (own, file) = ("B".repeat(42) + "A", folder.join("own.pem"));
    private(&file, &SigningKey::generate(Algorithm::Es256).unwrap());
    let secrets = format!("{own},{}", theirs.trim());
    for command in [&["keys", "rotate"][..], &["keys", "rotate", "--now"], &["keys", "import", "own.pem"]] {
        let with_another_first = run(folder, command, &[("BIFRONS_TOKENS__SECRETS", &secrets)]);
        refuses(&with_another_first, 1, "the nodes could not read a key that this command seals");
    }
    assert_eq!(listed(folder).len(), 2);
    Process::start_with(folder, &[("BIFRONS_TOKENS__ALGORITHM", "ES256")]).stop();
    assert_eq!(listed(folder).len(), 2, "the next start replaces none of them");
}

/// The files of a former version become the first keys, once.
#[test]
fn the_files_of_a_former_version_are_imported_once() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let mut ids = Vec::new();
    for algorithm in Algorithm::ALL {
        let pem = SigningKey::generate(algorithm).unwrap();
        ids.push(SigningKey::from_pem(algorithm, &pem).unwrap().id);
        private(&data.join(format!("jwt-{}.pem", algorithm.name())), &pem);
    }
    fs::set_permissions(data.join("jwt-EdDSA.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let listen = [("BIFRONS_LISTEN", "127.0.0.1:0")];
    refuses(&run(folder.path(), &[], &listen), 1, "other users can read");
    let (file, aside) = (data.join("jwt-EdDSA.pem"), data.join("aside"));
    fs::rename(&file, &aside).unwrap();
    std::os::unix::fs::symlink(&file, &file).unwrap();
    refuses(&run(folder.path(), &[], &listen), 1, "jwt-EdDSA.pem");
    fs::rename(&aside, &file).unwrap();
    fs::set_permissions(data.join("jwt-EdDSA.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    Process::start(folder.path()).stop();
    let expected = [(ids[1].clone(), "retired".to_owned()), (ids[0].clone(), "signing".to_owned())];
    assert_eq!(listed(folder.path()), expected);
    private(&data.join("jwt-EdDSA.pem"), "no key");
    Process::start(folder.path()).stop();
    assert_eq!(listed(folder.path()), expected, "the files are no longer read");
}
