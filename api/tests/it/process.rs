//! The binary as an operator runs it: what it creates, how it stops, and what it refuses to start with.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use tempfile::tempdir;

use crate::support::{
    PASSWORD,
    binary::{Process, free_port, refuses, run, serve},
    postgres::{UNPRIVILEGED_UID, is_root},
    redis::until,
};

#[tokio::test]
async fn the_first_start_creates_folder_and_keys() {
    let folder = tempdir().unwrap();
    let mut service = Process::start(folder.path());
    service.client().get("/health/ready").await.expect(200);
    let mode = |name: &str| fs::metadata(folder.path().join("data").join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("."), mode("bifrons.key")), (0o700, 0o600));
    assert!(service.stop().success(), "SIGTERM exits with 0");
}

#[tokio::test]
async fn after_sigterm_it_is_not_ready_and_serves_during_the_drain_delay() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("bifrons.toml"), "drain_delay = \"5m\"\n").unwrap();
    let mut service = Process::start(folder.path());
    let client = service.client();
    client.get("/health/ready").await.expect(200);
    service.terminate();
    until(async || client.get("/health/ready").await.status == 503).await;
    client.get("/health/live").await.expect(200);
    service.client().sign_up("ada@example.com", PASSWORD).await.expect(201);
    assert!(service.stop().success(), "a second SIGTERM ends the delay");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_progress_finish_at_a_stop() {
    let folder = tempdir().unwrap();
    let admin = format!("127.0.0.1:{}", free_port());
    let environment =
        [("BIFRONS_ADMIN_LISTEN", admin.as_str()), ("BIFRONS_LIMITS__ENABLED", "false"), ("BIFRONS_PASSWORDS__QUEUE", "400")];
    let mut service = Process::start_with(folder.path(), &environment);
    service.client().sign_up("ada@example.com", PASSWORD).await.expect(201);
    let under_way: Vec<_> = (0..100)
        .map(|_| {
            let client = service.client();
            tokio::spawn(async move { client.sign_in("ada@example.com", PASSWORD).await.status })
        })
        .collect();
    let arrived = async || {
        let metrics = reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
        let read = |name| metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().parse::<u32>().unwrap();
        read("bifrons_passwords_hashed_total ") + read("bifrons_passwords_admitted ") + read("bifrons_passwords_shed_total ")
    };
    until(async || arrived().await > 100).await;
    assert!(service.stop().success());
    let answers: Vec<_> = futures_util::future::join_all(under_way).await.into_iter().map(Result::unwrap).collect();
    // Requests that waited too long in the queue get 503.
    assert!(answers.iter().all(|status| [200, 503].contains(status)) && answers.contains(&200), "{answers:?}");
}

#[tokio::test]
async fn the_specification_needs_no_configuration() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("bifrons.toml"), "nonsense").unwrap();
    let output = run(folder.path(), &["openapi"], &[("BIFRONS_LISTEN", "nonsense")]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), bifrons::http::spec::spec(bifrons::http::spec::Api::Public));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Process 1 of a container ignores SIGTERM until it installs a handler. Here the shell makes the process ignore it.
#[test]
fn sigterm_ends_a_start_that_waits_for_the_database() {
    let (folder, database) = (tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("postgres://ada@{}/bifrons", database.local_addr().unwrap());
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "trap '' TERM; exec \"$0\"", env!("CARGO_BIN_EXE_bifrons")]).env_clear().current_dir(folder.path());
    command.envs([("BIFRONS_DATABASE__URL", url.as_str()), ("BIFRONS_LISTEN", "127.0.0.1:0")]);
    let mut starting = command.spawn().unwrap();
    let _silent = database.accept().unwrap();
    let killed = std::process::Command::new("kill").args(["-TERM", &starting.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(starting.wait().unwrap().code(), Some(0), "a stop, not a failed start");
}

#[tokio::test]
async fn a_busy_port_is_one_sentence() {
    let folder = tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = serve(folder.path(), &[("BIFRONS_LISTEN", &address)]);
    refuses(&output, 1, &format!("cannot listen on {address}"));
    assert!(!folder.path().join("data").exists(), "no data folder was created");
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_used_is_one_sentence() {
    let folder = tempdir().unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    fs::write(folder.path().join("file"), "").unwrap();
    refuses(
        &serve(folder.path(), &[("BIFRONS_LISTEN", &listen), ("BIFRONS_DATA_DIR", "file")]),
        1,
        "cannot use the data folder file",
    );
    // Root can write to any folder except those of the kernel.
    refuses(
        &serve(folder.path(), &[("BIFRONS_LISTEN", &listen), ("BIFRONS_DATA_DIR", "/proc/self/bifrons")]),
        1,
        "cannot use the data folder /proc/self/bifrons",
    );
    refuses(
        &serve(folder.path(), &[("BIFRONS_LISTEN", &listen), ("BIFRONS_DATABASE__URL", "sqlite:/proc/self/x.db")]),
        1,
        "cannot open the database",
    );
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_one_sentence() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/bifrons.db"), "this is not a database, it is a letter to a friend".repeat(100)).unwrap();
    fs::set_permissions(folder.path().join("data/bifrons.db"), fs::Permissions::from_mode(0o600)).unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    refuses(&serve(folder.path(), &[("BIFRONS_LISTEN", &listen)]), 1, "cannot open the database");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_one_sentence() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("empty.pem"), "").unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let start = |cert: &str| {
        serve(folder.path(), &[("BIFRONS_LISTEN", &listen), ("BIFRONS_TLS__CERT", cert), ("BIFRONS_TLS__KEY", "empty.pem")])
    };
    refuses(&start("nowhere.pem"), 1, "tls.cert: nowhere.pem: ");
    refuses(&start("empty.pem"), 1, "tls.cert: empty.pem: no certificate in PEM");
    refuses(&serve(folder.path(), &[("BIFRONS_TLS__CERT", "cert.pem")]), 2, "tls.key: is missing beside tls.cert");
}

#[tokio::test]
async fn an_exposed_key_is_one_sentence() {
    let folder = tempdir().unwrap();
    Process::start(folder.path()).stop();
    let key = folder.path().join("data/bifrons.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    refuses(&serve(folder.path(), &[("BIFRONS_LISTEN", &listen)]), 1, "chmod 600");
}

/// A library that makes hard links fail, as FAT and some network file systems do.
const NO_HARD_LINKS: &str = "#include <errno.h>\nint link(const char *a, const char *b) { errno = EPERM; return -1; }\n\
    int linkat(int a, const char *b, int c, const char *d, int e) { errno = EPERM; return -1; }\n";

#[tokio::test]
async fn a_file_system_without_hard_links_is_sufficient() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("links.c"), NO_HARD_LINKS).unwrap();
    let mut compiler = std::process::Command::new("cc");
    let built = compiler.args(["-shared", "-fPIC", "-o", "links.so", "links.c"]).current_dir(folder.path()).status().unwrap();
    assert!(built.success());
    let library = folder.path().join("links.so");
    let service = Process::start_with(folder.path(), &[("LD_PRELOAD", library.to_str().unwrap())]);
    service.client().get("/health/ready").await.expect(200);
}

/// Kubernetes mounts secrets with mode 0440, owned by root and a group of the container.
#[tokio::test]
async fn keys_that_an_orchestrator_mounts_are_accepted() {
    let folder = tempdir().unwrap();
    Process::start(folder.path()).stop();
    fs::set_permissions(folder.path().join("data/bifrons.key"), fs::Permissions::from_mode(0o440)).unwrap();
    let service = Process::start(folder.path());
    service.client().get("/health/ready").await.expect(200);
}

/// A data folder that the service cannot write to, with its keys, beside a database elsewhere.
#[tokio::test]
async fn a_read_only_folder_with_keys_is_sufficient() {
    let folder = tempdir().unwrap();
    Process::start(folder.path()).stop();
    let elsewhere = folder.path().join("database");
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(folder.path().join("data/bifrons.db"), elsewhere.join("bifrons.db")).unwrap();
    let url = format!("sqlite:{}", elsewhere.join("bifrons.db").display());
    fs::remove_file(folder.path().join("data/start.lock")).unwrap();
    for (name, mode) in [("data/bifrons.key", 0o440), ("data", 0o555)] {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    let environment = [("BIFRONS_DATABASE__URL", url.as_str())];
    let service = if is_root() {
        // Root may write anywhere: another user, in the group of the keys, may not.
        for path in [".", "database", "database/bifrons.db", "log"] {
            std::os::unix::fs::chown(folder.path().join(path), Some(UNPRIVILEGED_UID), None).unwrap();
        }
        let (user, group) = (UNPRIVILEGED_UID.to_string(), "0");
        Process::start_under(&["setpriv", "--reuid", &user, "--regid", group, "--clear-groups"], folder.path(), &environment)
    } else {
        Process::start_with(folder.path(), &environment)
    };
    service.client().get("/health/ready").await.expect(200);
    assert!(!folder.path().join("data/start.lock").exists());
    fs::set_permissions(folder.path().join("data"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn a_database_that_others_can_read_is_logged() {
    let folder = tempdir().unwrap();
    Process::start(folder.path()).stop();
    let warned = || fs::read_to_string(folder.path().join("log")).unwrap().contains("other users of this machine can read");
    let mode = |name: &str, mode| fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    mode("data/bifrons.db", 0o644);
    Process::start(folder.path()).stop();
    assert!(!warned(), "the folder protects it");
    mode("data", 0o755);
    Process::start(folder.path()).stop();
    assert!(warned());
}

#[tokio::test]
async fn concurrent_starts_create_one_set_of_keys_and_migrate_once() {
    let folder = tempdir().unwrap();
    let path = folder.path().to_path_buf();
    let starts: Vec<_> = (0..5)
        .map(|_| {
            std::thread::spawn({
                let path = path.clone();
                move || Process::start(&path)
            })
        })
        .collect();
    let services: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    let first = services[0].client();
    first.sign_up("ada@example.com", PASSWORD).await.expect(201);
    let tokens = first.tokens("ada@example.com", PASSWORD).await.expect(200);
    let mut refresh = tokens.string("/tokens/refresh_token");
    for service in &services {
        refresh = service.client().refresh(&refresh).await.expect(200).string("/tokens/refresh_token");
    }
}

#[tokio::test]
async fn the_database_is_readable_by_its_owner_only() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap(); // an existing volume
    let service = Process::start(folder.path());
    service.client().sign_up("ada@example.com", PASSWORD).await.expect(201);
    for file in ["bifrons.db", "bifrons.db-wal", "bifrons.db-shm"] {
        let mode = fs::metadata(folder.path().join("data").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}
