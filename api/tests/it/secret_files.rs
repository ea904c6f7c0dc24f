//! Secrets that an orchestrator mounts as files, and a node that writes nothing to its own disk.

use std::{fs, os::unix::fs::PermissionsExt};

use tempfile::tempdir;

use crate::support::{
    EMAIL, PASSWORD,
    binary::{Process, refuses, run},
    postgres::Postgres,
    redis::RedisServer,
};

/// All secrets are in files that the group may read, on a file system that is mounted read-only, and so is the data folder.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_mounted_secrets_needs_no_writable_folder() {
    let (postgres, redis, folder) = (Postgres::start().await, RedisServer::start().await, tempdir().unwrap());
    let mounted = folder.path().join("mounted");
    let secrets = [
        ("BIFRONS_TOKENS__SECRETS_FILE", format!("{}A\n{}A\n", "A".repeat(42), "B".repeat(42))),
        ("BIFRONS_DATABASE__URL_FILE", postgres.url()),
        ("BIFRONS_REDIS__URL_FILE", redis.url() + "\n"),
        ("BIFRONS_MAIL__URL_FILE", "smtp://ada@mail.example.com".to_owned()),
        ("BIFRONS_MAIL__PASSWORD_FILE", "a password, with a comma\n".to_owned()),
    ];
    fs::create_dir(&mounted).unwrap();
    for (name, secret) in &secrets {
        fs::write(mounted.join(name), secret).unwrap();
        fs::set_permissions(mounted.join(name), fs::Permissions::from_mode(0o440)).unwrap();
    }
    let at = mounted.display().to_string();
    let paths = secrets.each_ref().map(|(name, _)| (*name, format!("{at}/{name}")));
    let mut environment: Vec<_> = paths.iter().map(|(name, path)| (*name, path.as_str())).collect();
    let data = format!("{at}/data");
    environment.extend([
        ("BIFRONS_DATA_DIR", data.as_str()),
        ("BIFRONS_PUBLIC_URL", "http://localhost:3000"),
        ("BIFRONS_MAIL__FROM", "no-reply@example.com"),
    ]);
    let mount = format!("mount --bind {at} {at} && mount -o remount,bind,ro {at} && exec \"$@\"");
    let by = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", &mount, "bash"];
    let service = Process::start_under(&by, folder.path(), &environment);
    assert!(fs::create_dir(service.seen(&mounted).join("data")).is_err(), "it is read-only");
    let ada = service.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let tokens = ada.tokens(EMAIL, PASSWORD).await.expect(200);
    ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    assert_eq!(ada.get("/health/ready").await.expect(200).string("/redis"), "ok");
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("WARN"), "{log}");
    drop(service);
    assert_eq!(fs::read_dir(&mounted).unwrap().count(), secrets.len());
}

/// What has to be written and cannot be is named.
#[test]
fn a_folder_that_cannot_be_written_is_named_with_what_it_lacks() {
    let folder = tempdir().unwrap();
    let at = folder.path().join("mounted").display().to_string();
    fs::create_dir(&at).unwrap();
    let mount = format!("mount --bind {at} {at} && mount -o remount,bind,ro {at} && exec \"$0\"");
    let mut command = std::process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "bash", "-c", &mount, env!("CARGO_BIN_EXE_bifrons")]);
    command.env_clear().env("PATH", std::env::var("PATH").unwrap()).current_dir(folder.path());
    command.env("BIFRONS_LISTEN", "127.0.0.1:0").env("BIFRONS_DATA_DIR", format!("{at}/data"));
    refuses(&command.output().unwrap(), 1, "cannot open the database");
    let missing = [("BIFRONS_TOKENS__SECRETS_FILE", "/no/such/secret")];
    refuses(&run(folder.path(), &[], &missing), 2, "BIFRONS_TOKENS__SECRETS_FILE: /no/such/secret cannot be read");
}
