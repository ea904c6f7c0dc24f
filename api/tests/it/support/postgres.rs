//! A PostgreSQL for one test, for tests that break the server.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use bifrons::config::Config;
use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use super::{binary::free_port, redis::until};

pub struct Postgres {
    port: u16,
    folder: TempDir,
    child: Child,
}

impl Postgres {
    pub async fn start() -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let data = new_data_folder(folder.path());
        let mut command = program("initdb");
        let made = command.arg("-D").arg(&data).args(["-U", "bifrons", "-A", "trust", "-E", "UTF8", "--no-sync"]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = Self { port, child: spawn(port, &data), folder };
        server.until_up().await;
        server
    }

    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://bifrons@127.0.0.1:{}/{database}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn configure(&self, config: &mut Config) {
        config.database.url = self.url();
    }

    /// An immediate shutdown, which breaks every connection and transaction, and a start that recovers.
    pub async fn restart(&mut self) {
        assert!(Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap();
        self.child = spawn(self.port, &self.folder.path().join("data"));
        self.until_up().await;
    }

    /// A replica that has received everything so far, and receives no more.
    pub fn replica(&self) -> TempDir {
        base_backup(self.port)
    }

    /// The primary fails, and the replica takes its place at its port.
    pub async fn fail_over(&mut self, replica: TempDir) {
        assert!(Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap();
        let data = replica.path().join("data");
        self.child = spawn(self.port, &data);
        self.folder = replica;
        self.until_up().await;
        let promoted = program("pg_ctl").arg("promote").arg("-D").arg(&data).output().unwrap();
        assert!(promoted.status.success(), "{}", String::from_utf8_lossy(&promoted.stderr));
    }

    /// A replica that follows at a port of its own, through the port `via`. If it is synchronous, no commit is acknowledged before the
    /// replica has it.
    pub async fn standby(&self, via: u16, is_synchronous: bool) -> Self {
        // The copy may come through a proxy of this process.
        let (port, folder) = (free_port(), tokio::task::spawn_blocking(move || base_backup(via)).await.unwrap());
        let standby = Self { port, child: spawn(port, &folder.path().join("data")), folder };
        standby.until_up().await;
        if is_synchronous {
            let db = sea_orm::Database::connect(self.url()).await.unwrap();
            for statement in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
                db.execute_unprepared(statement).await.unwrap();
            }
        }
        standby
    }

    /// Kills all processes at once, as a power cut does.
    pub fn kill(&mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
        let _ = Command::new("pkill").args(["-KILL", "-P", &pid]).status();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        let promoted = program("pg_ctl").arg("promote").arg("-D").arg(self.folder.path().join("data")).output().unwrap();
        assert!(promoted.status.success(), "{}", String::from_utf8_lossy(&promoted.stderr));
    }

    /// Suspends all processes: connections stay open and get no answer.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        // The children first: the parent starts no others between the two signals.
        assert!(Command::new("pkill").args([signal, "-P", &pid]).status().unwrap().success());
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    async fn until_up(&self) {
        until(async || sea_orm::Database::connect(self.url()).await.is_ok()).await;
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        }
        let _ = self.child.wait();
    }
}

pub const UNPRIVILEGED_UID: u32 = 65534;

pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

fn new_data_folder(folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let data = folder.join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o700)).unwrap();
    if is_root() {
        // PostgreSQL refuses to run as root, so an unprivileged user runs it and needs access to the folder.
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
        std::os::unix::fs::chown(&data, Some(UNPRIVILEGED_UID), Some(UNPRIVILEGED_UID)).unwrap();
    }
    data
}

/// A copy of the server at a port, which follows that port once it is started.
fn base_backup(port: u16) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = new_data_folder(folder.path());
    let mut command = program("pg_basebackup");
    command
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "bifrons", "-X", "stream", "-R", "-c", "fast", "-D"])
        .arg(&data);
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder
}

fn spawn(port: u16, data: &Path) -> Child {
    let mut command = program("postgres");
    command.arg("-D").arg(data).args([
        "-p",
        &port.to_string(),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
    ]);
    command.args(["-c", "fsync=off"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// A program of the newest PostgreSQL, as a user other than root.
fn program(name: &str) -> Command {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("postgresql is installed").flatten();
    let newest: PathBuf = versions.map(|version| version.path()).max().unwrap();
    let program = newest.join("bin").join(name);
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", &UNPRIVILEGED_UID.to_string(), "--regid", &UNPRIVILEGED_UID.to_string(), "--clear-groups"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}
