//! Backups are made and restored where something is wrong: the database is damaged, its log was left behind, the disk is full, the process is
//! killed, a name is unusual.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
    process::Command,
};

use tempfile::{TempDir, tempdir};

use crate::support::{
    EMAIL, PASSWORD,
    binary::{Process, bifrons, refuses, run},
};

const GRACE: &str = "grace@example.com";

/// A folder with `backup.db`, which knows Ada; the service, which runs, knows Grace too.
async fn backed_up(environment: &[(&str, &str)]) -> (TempDir, Process) {
    let folder = tempdir().unwrap();
    let service = Process::start_with(folder.path(), environment);
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    assert!(run(folder.path(), &["backup", "backup.db"], environment).status.success());
    service.client().sign_up(GRACE, PASSWORD).await.expect(201);
    (folder, service)
}

/// Which of the two users the service knows when it starts.
async fn known(folder: &Path, environment: &[(&str, &str)]) -> [bool; 2] {
    let service = Process::start_with(folder, environment);
    let mut known = [false; 2];
    for (known, email) in known.iter_mut().zip([EMAIL, GRACE]) {
        *known = service.client().sign_in(email, PASSWORD).await.status == 200;
    }
    service.kill();
    known
}

#[track_caller]
fn restores(folder: &Path, file: impl AsRef<OsStr>, environment: &[(&str, &str)]) {
    let output = bifrons(folder).arg("restore").arg(file).envs(environment.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The reason why most backups are restored.
#[tokio::test]
async fn a_damaged_database_is_replaced() {
    for damage in [0..100, 0..8192, 4096..40_960] {
        let (folder, mut service) = backed_up(&[]).await;
        service.stop();
        let database = folder.path().join("data/bifrons.db");
        let mut damaged = fs::read(&database).unwrap();
        damaged[damage].fill(0xFF);
        fs::write(&database, &damaged).unwrap();
        restores(folder.path(), "backup.db", &[]);
        assert_eq!(known(folder.path(), &[]).await, [true, false]);
        assert!(folder.path().join("data/bifrons.db.former1").exists());
    }
}

/// SQLite would write an old log into any database of that name.
#[tokio::test]
async fn the_log_of_another_database_is_not_applied() {
    for goes in [true, false] {
        let (folder, service) = backed_up(&[]).await;
        service.kill();
        let data = folder.path().join("data");
        assert!(data.join("bifrons.db-wal").metadata().unwrap().len() > 0);
        if goes {
            fs::rename(data.join("bifrons.db"), folder.path().join("broken.db")).unwrap();
        } else {
            fs::write(data.join("bifrons.db"), "damaged".repeat(1000)).unwrap();
        }
        restores(folder.path(), "backup.db", &[]);
        assert_eq!(known(folder.path(), &[]).await, [true, false]);
        assert!(data.join("bifrons.db.former1-wal").exists(), "it may have what the backup does not");
    }
}

/// A database that was copied with its log.
#[tokio::test]
async fn what_is_in_the_log_of_the_copy_is_restored() {
    let (folder, service) = backed_up(&[]).await;
    service.kill();
    for end in ["", "-wal"] {
        fs::copy(folder.path().join(format!("data/bifrons.db{end}")), folder.path().join(format!("copy.db{end}"))).unwrap();
    }
    restores(folder.path(), "copy.db", &[]);
    assert_eq!(known(folder.path(), &[]).await, [true, true]);
}

#[tokio::test]
async fn a_restore_that_fails_or_is_killed_changes_nothing() {
    let (folder, mut service) = backed_up(&[]).await;
    service.stop();
    let folder = folder.path();
    for (signal, sentence) in [("", ""), ("trap '' XFSZ;", "bifrons: ")] {
        // No file may be longer than 64 KiB, as if the disk were full.
        let script = format!("{signal} ulimit -f 64; exec \"$0\" restore backup.db");
        let output = Command::new("bash")
            .args(["-c", &script, env!("CARGO_BIN_EXE_bifrons")])
            .env_clear()
            .current_dir(folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.starts_with(sentence), "{said}");
        assert_eq!(known(folder, &[]).await, [true, true]);
        assert!(!folder.join("data/bifrons.db.former1").exists());
    }
    restores(folder, "backup.db", &[]);
    assert_eq!(known(folder, &[]).await, [true, false]);
    let left: Vec<_> = fs::read_dir(folder.join("data")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("part")), "{left:?}");
}

#[tokio::test]
async fn a_copy_survives_its_restoration_wherever_it_is() {
    let (folder, mut service) = backed_up(&[]).await;
    service.stop();
    let folder = folder.path();
    fs::copy(folder.join("backup.db"), folder.join("data/bifrons.part")).unwrap();
    restores(folder, "data/bifrons.part", &[]);
    assert_eq!(known(folder, &[]).await, [true, false]);
    assert!(folder.join("data/bifrons.part").exists());
    restores(folder, "data/bifrons.db", &[]);
    assert_eq!(known(folder, &[]).await, [true, false], "the database itself");
    restores(folder, "data/bifrons.db.former1", &[]);
    assert_eq!(known(folder, &[]).await, [true, true]);
}

/// The database stays where the link leads.
#[tokio::test]
async fn a_linked_database_stays_where_it_is() {
    let (folder, mut service) = backed_up(&[]).await;
    service.stop();
    let folder = folder.path();
    fs::create_dir(folder.join("disk")).unwrap();
    fs::rename(folder.join("data/bifrons.db"), folder.join("disk/real.db")).unwrap();
    std::os::unix::fs::symlink("../disk/real.db", folder.join("data/bifrons.db")).unwrap();
    restores(folder, "backup.db", &[]);
    assert!(folder.join("data/bifrons.db").is_symlink() && folder.join("disk/real.db.former1").exists());
    assert_eq!(known(folder, &[]).await, [true, false]);
}

#[tokio::test]
async fn a_copy_may_have_any_name() {
    let (folder, mut service) = backed_up(&[]).await;
    let folder = folder.path();
    for name in ["a b.db", "a%20b.db", "a?mode=memory.db", "a#b.db", "a'b.db", "file:a.db", ":memory:", "-a.db", "\u{fc}.db"] {
        let path = folder.join(name);
        let output = bifrons(folder).args(["backup", "--", name]).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let metadata = path.metadata().unwrap();
        assert!(metadata.len() > 4096 && metadata.permissions().mode() & 0o777 == 0o600, "{name}: {metadata:?}");
        fs::remove_file(path).unwrap();
    }
    let unwritable = OsStr::from_bytes(b"a\xffb.db");
    let before = fs::read_dir(folder).unwrap().count();
    refuses(&bifrons(folder).arg("backup").arg(unwritable).output().unwrap(), 1, "UTF-8");
    assert_eq!(fs::read_dir(folder).unwrap().count(), before, "no file is left");
    service.stop();
    for name in ["a b.db", "a%20b.db", "a?b.db", "a#b.db", "file:a.db"] {
        fs::copy(folder.join("backup.db"), folder.join(name)).unwrap();
        restores(folder, name, &[]);
    }
    assert_eq!(known(folder, &[]).await, [true, false]);
}

#[tokio::test]
async fn the_database_may_have_any_name() {
    for (environment, file) in [
        (("BIFRONS_DATABASE__URL", "sqlite:data/a%20%23.db"), "data/a #.db"),
        (("BIFRONS_DATABASE__URL", "sqlite://data/a b.db?cache=private"), "data/a b.db"),
        (("BIFRONS_DATA_DIR", "a%20b?c#d"), "a%20b?c#d/bifrons.db"),
    ] {
        let environment = [environment];
        let (folder, mut service) = backed_up(&environment).await;
        service.stop();
        let folder = folder.path();
        assert_eq!(fs::metadata(folder.join(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        restores(folder, "backup.db", &environment);
        assert!(folder.join(format!("{file}.former1")).exists(), "{file}");
        assert_eq!(known(folder, &environment).await, [true, false], "{file}");
    }
}
