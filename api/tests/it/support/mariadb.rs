//! A MariaDB for one test, for tests that break the server.

use std::process::{Child, Command, Stdio};

use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use super::{binary::free_port, redis::until};

pub struct MariaDb {
    port: u16,
    child: Child,
    _folder: TempDir,
}

impl MariaDb {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with further options.
    pub async fn start_with(options: &[&str]) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let at = |name: &str| folder.path().join(name).display().to_string();
        // MariaDB runs as root only with this option.
        let user: &[&str] = if super::postgres::is_root() { &["--user=root"] } else { &[] };
        let data = format!("--datadir={}", at("data"));
        let mut command = Command::new("mariadb-install-db");
        command.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal", &data]).args(user);
        let made = command.output().expect("mariadb-server is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut command = Command::new("mariadbd");
        command.args([
            "--no-defaults",
            &data,
            &format!("--port={port}"),
            "--bind-address=127.0.0.1",
            "--innodb-flush-log-at-trx-commit=0",
        ]);
        command.args(options).args([format!("--socket={}", at("socket")), format!("--pid-file={}", at("pid"))]).args(user);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { port, child, _folder: folder };
        until(async || sea_orm::Database::connect(server.url_of("mysql")).await.is_ok()).await;
        let admin = sea_orm::Database::connect(server.url_of("mysql")).await.unwrap();
        admin.execute_unprepared("CREATE DATABASE bifrons").await.unwrap();
        server
    }

    pub fn url(&self) -> String {
        self.url_of("bifrons")
    }

    pub fn url_of(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
