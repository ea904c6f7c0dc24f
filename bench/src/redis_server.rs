//! A Redis server for the bench.

use std::{
    cell::RefCell,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

/// Starts empty on a free port. Stops when dropped.
pub(crate) struct RedisServer {
    child: Child,
    port: u16,
    connection: RefCell<redis::Connection>,
    _folder: tempfile::TempDir,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]).arg(folder.path());
        let child = command.stdout(Stdio::null()).spawn().expect("redis-server is installed");
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
        Self { child, port, connection: RefCell::new(client.get_connection().unwrap()), _folder: folder }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Bytes in use.
    pub(crate) fn used(&self) -> f64 {
        self.info("memory", "used_memory:")
    }

    /// Commands so far, without this one.
    pub(crate) fn commands(&self) -> f64 {
        self.info("stats", "total_commands_processed:")
    }

    /// The number of keys.
    pub(crate) fn keys(&self) -> f64 {
        let keys: u32 = redis::cmd("DBSIZE").query(&mut *self.connection.borrow_mut()).unwrap();
        keys.into()
    }

    fn info(&self, section: &str, name: &str) -> f64 {
        let info: String = redis::cmd("INFO").arg(section).query(&mut *self.connection.borrow_mut()).unwrap();
        info.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().parse().unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
