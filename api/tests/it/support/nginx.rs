//! A real nginx for one test, on free ports. It stops with the test.

use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::redis::until;

pub struct Nginx {
    child: Child,
    _folder: TempDir,
}

impl Nginx {
    /// Serves these `server` blocks, and waits until it listens on `port`.
    pub async fn start(servers: &str, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let config = format!(
            "daemon off; error_log {at}/error.log; pid {at}/pid; events {{}}\nhttp {{ access_log off; client_body_temp_path {at}/body; \
             proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n{servers}}}\n"
        );
        std::fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let mut command = Command::new("nginx");
        let child =
            command.arg("-c").arg(folder.path().join("nginx.conf")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        Self { child, _folder: folder }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status(); // its workers go with it
        let _ = self.child.wait();
    }
}
