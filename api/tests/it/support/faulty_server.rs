//! A proxy in front of PostgreSQL that answers in its place, as distributed databases do: a conflict where PostgreSQL would report none,
//! and a commit whose outcome is unknown.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex,
};

/// What happens instead of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// COMMIT rolls back, and answers 40001.
    ConflictAtCommit,
    /// A statement outside a transaction is not executed, and answers 40001.
    ConflictOfStatement,
    /// COMMIT commits, and answers 40003: the outcome is unknown.
    UnknownCommitted,
    /// COMMIT rolls back, and answers 40003.
    UnknownRolledBack,
    /// COMMIT commits, and the connection breaks before the answer.
    LostAnswer,
}

pub struct FaultyServer {
    pub port: u16,
    armed: Arc<Armed>,
}

struct Armed {
    fault: std::sync::Mutex<Fault>,
    left: AtomicU32,
}

impl FaultyServer {
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let armed = Armed { fault: std::sync::Mutex::new(Fault::ConflictAtCommit), left: AtomicU32::new(0) };
        let faulty = Self { port: listener.local_addr().unwrap().port(), armed: Arc::new(armed) };
        let armed = Arc::clone(&faulty.armed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                tokio::spawn(serve(client, server, Arc::clone(&armed)));
            }
        });
        faulty
    }

    /// Lets the fault happen so many times.
    pub fn arm(&self, fault: Fault, times: u32) {
        *self.armed.fault.lock().unwrap() = fault;
        self.armed.left.store(times, Ordering::SeqCst);
    }

    /// How many times the fault did not happen yet.
    pub fn left(&self) -> u32 {
        self.armed.left.load(Ordering::SeqCst)
    }
}

const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
const ROLLBACK: &[u8] = b"Q\0\0\0\x0dROLLBACK\0";
const SYNC: &[u8] = b"S\0\0\0\x04";
const READY: &[u8] = b"Z\0\0\0\x05I";

/// Passes messages on until one side closes. The driver sends nothing before it has an answer, so one task sees them in order.
async fn serve(client: TcpStream, server: TcpStream, armed: Arc<Armed>) {
    let ((mut from_client, to_client), (from_server, mut to_server)) = (client.into_split(), server.into_split());
    let answer = Arc::new(Mutex::new(Answer { to_client, instead: None, is_idle: false }));
    let answering = tokio::spawn(pass_answers(from_server, Arc::clone(&answer)));
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
        let sent = &bytes[..read];
        let mut answer = answer.lock().await;
        let fault = armed.take(sent, answer.is_idle);
        let passed = match fault {
            None => to_server.write_all(sent).await,
            Some(Fault::ConflictOfStatement) => answer.to_client.write_all(&refusal("40001")).await,
            Some(Fault::ConflictAtCommit) => {
                answer.instead = Some(refusal("40001"));
                to_server.write_all(ROLLBACK).await
            }
            Some(Fault::UnknownRolledBack) => {
                answer.instead = Some(refusal("40003"));
                to_server.write_all(ROLLBACK).await
            }
            Some(Fault::UnknownCommitted) => {
                answer.instead = Some(refusal("40003"));
                to_server.write_all(sent).await
            }
            Some(Fault::LostAnswer) => {
                answer.instead = Some(Vec::new());
                to_server.write_all(sent).await
            }
        };
        if passed.is_err() {
            break;
        }
    }
    answering.abort();
}

struct Answer {
    to_client: OwnedWriteHalf,
    /// What the client gets instead of the next answer; nothing closes the connection.
    instead: Option<Vec<u8>>,
    /// Whether the connection is outside any transaction.
    is_idle: bool,
}

async fn pass_answers(mut from_server: OwnedReadHalf, answer: Arc<Mutex<Answer>>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
        let mut answer = answer.lock().await;
        answer.is_idle = bytes[..read].ends_with(READY);
        let sent = match answer.instead.take() {
            None => answer.to_client.write_all(&bytes[..read]).await,
            Some(instead) if instead.is_empty() => return drop(answer.to_client.shutdown().await),
            Some(instead) => answer.to_client.write_all(&instead).await,
        };
        if sent.is_err() {
            return;
        }
    }
    let _ = answer.lock().await.to_client.shutdown().await;
}

impl Armed {
    /// The fault that happens to these messages.
    fn take(&self, messages: &[u8], is_idle: bool) -> Option<Fault> {
        let fault = *self.fault.lock().unwrap();
        let hits = match fault {
            Fault::ConflictOfStatement => is_idle && matches!(messages.first(), Some(b'P' | b'B')) && messages.ends_with(SYNC),
            _ => messages == COMMIT,
        };
        let is_left = || self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        (hits && is_left()).then_some(fault)
    }
}

/// An error of PostgreSQL, after which the connection is idle.
fn refusal(code: &str) -> Vec<u8> {
    let fields = format!("SERROR\0VERROR\0C{code}\0Mas a distributed database does\0\0");
    let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
    [b"E", &length[..], fields.as_bytes(), READY].concat()
}
