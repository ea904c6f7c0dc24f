//! A `PgBouncer` for one test, in front of its PostgreSQL.

use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{
    binary::free_port,
    postgres::{UNPRIVILEGED_UID, is_root},
    redis::until,
};

pub struct PgBouncer {
    port: u16,
    child: Child,
    _folder: TempDir,
}

impl PgBouncer {
    pub async fn start(server: u16, mode: &str, connections: u32) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let configuration = format!(
            "[databases]\nbifrons = host=127.0.0.1 port={server} dbname=postgres user=bifrons\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = {mode}\ndefault_pool_size = {connections}\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new("pgbouncer");
        if is_root() {
            // PgBouncer refuses root.
            use std::os::unix::{fs::PermissionsExt, process::CommandExt};
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
            command.uid(UNPRIVILEGED_UID).gid(UNPRIVILEGED_UID);
        }
        let child = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("pgbouncer is installed");
        let pooler = Self { port, child, _folder: folder };
        until(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        pooler
    }

    pub fn url(&self) -> String {
        format!("postgres://bifrons@127.0.0.1:{}/bifrons", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
