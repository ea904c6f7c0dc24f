//! A proxy between the service and a server. It can drop the traffic of connections silently, as a firewall does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

pub struct Proxy {
    pub port: u16,
    server: Arc<AtomicU16>,
    silenced: Arc<AtomicU32>,
    delay: Arc<AtomicU64>,
}

impl Proxy {
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, server) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU16::new(server)));
        let proxy = Self { port, server, silenced: Arc::default(), delay: Arc::default() };
        let (server, silenced, delay) = (Arc::clone(&proxy.server), Arc::clone(&proxy.silenced), Arc::clone(&proxy.delay));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server.load(Ordering::SeqCst))).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let age = silenced.load(Ordering::SeqCst);
                let way = Way { age, silenced: Arc::clone(&silenced), delay: Arc::clone(&delay) };
                tokio::spawn(way.clone().pass(from_client, to_server));
                tokio::spawn(way.pass(from_server, to_client));
            }
        });
        proxy
    }

    /// Leads new connections to another server.
    pub fn point_at(&self, server: u16) {
        self.server.store(server, Ordering::SeqCst);
    }

    /// Accepts and drops all bytes on the existing connections. New connections work.
    pub fn silence(&self) {
        self.silenced.fetch_add(1, Ordering::SeqCst);
    }

    /// Delays all bytes in each direction.
    pub fn delay(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

#[derive(Clone)]
struct Way {
    age: u32,
    silenced: Arc<AtomicU32>,
    delay: Arc<AtomicU64>,
}

impl Way {
    async fn pass(self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let mut bytes = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut bytes).await {
            sleep(Duration::from_millis(self.delay.load(Ordering::SeqCst))).await;
            if !self.is_silent() && to.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
        // A silent connection is not closed either.
        if self.is_silent() {
            std::future::pending::<()>().await;
        }
    }

    fn is_silent(&self) -> bool {
        self.silenced.load(Ordering::SeqCst) != self.age
    }
}
