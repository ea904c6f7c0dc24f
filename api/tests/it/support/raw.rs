//! A connection without a client library: it sends exactly the bytes of the test.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// The timeout for a service that does not answer. No assertion depends on the time of an answer.
const STUCK: Duration = Duration::from_secs(60);

pub struct RawConnection {
    stream: TcpStream,
    received: Vec<u8>,
}

pub struct RawAnswer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl RawConnection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::new() }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Whether the service accepted all bytes.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// The next answer to a request other than HEAD.
    pub async fn answer(&mut self) -> RawAnswer {
        self.try_answer().await.expect("the connection ends without an answer")
    }

    pub async fn try_answer(&mut self) -> Option<RawAnswer> {
        let head = loop {
            if let Some(end) = find(&self.received, b"\r\n\r\n") {
                let head: Vec<_> = self.received.drain(..end + 4).collect();
                break String::from_utf8(head).unwrap();
            }
            self.receive().await?;
        };
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = RawAnswer { status, head, body: Vec::new() };
        let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.received.len() < length {
            self.receive().await?;
        }
        answer.body = self.received.drain(..length).collect();
        Some(answer)
    }

    /// Waits until the service closes the connection. True if it sent no more bytes.
    pub async fn is_closed(&mut self) -> bool {
        while self.receive().await.is_some() {}
        self.received.is_empty()
    }

    async fn receive(&mut self) -> Option<()> {
        let read = timeout(STUCK, self.stream.read_buf(&mut self.received)).await.expect("the service does nothing");
        read.is_ok_and(|read| read > 0).then_some(())
    }
}

impl RawAnswer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (written, value) = line.split_once(':')?;
            written.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn says_close(&self) -> bool {
        self.header("connection") == Some("close")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
