//! Something between the service and a server that loses connections without a word, as a firewall does.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub struct Proxy {
    pub port: u16,
    silenced: Arc<AtomicU32>,
}

impl Proxy {
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), silenced: Arc::default() };
        let silenced = Arc::clone(&proxy.silenced);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let age = silenced.load(Ordering::SeqCst);
                tokio::spawn(pass(from_client, to_server, age, Arc::clone(&silenced)));
                tokio::spawn(pass(from_server, to_client, age, Arc::clone(&silenced)));
            }
        });
        proxy
    }

    /// From now on nothing passes on the connections that there are: whatever is sent there is taken, and lost. New ones work.
    pub fn silence(&self) {
        self.silenced.fetch_add(1, Ordering::SeqCst);
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, age: u32, silenced: Arc<AtomicU32>) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if silenced.load(Ordering::SeqCst) == age && to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
    // Whoever is silent does not hang up either.
    if silenced.load(Ordering::SeqCst) != age {
        std::future::pending::<()>().await;
    }
}
