//! Another API in a thread, which sends the answers that a test gives it, wrong ones too.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Answers every preflight alike and every call alike, and records the requests. The first line of an answer is its status. `ORIGIN`
/// becomes the origin of the request.
pub struct Server {
    pub port: u16,
    pub requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start(preflight: &str, call: &str) -> Self {
        let (preflight, call) = (preflight.to_owned(), call.to_owned());
        Self::raw(move |request| {
            let origin = request.lines().find_map(|line| line.strip_prefix("origin: ")).unwrap_or("none");
            let answer = if request.starts_with("OPTIONS") { &preflight } else { &call };
            let (status, headers) = answer.split_once('\n').unwrap_or((answer, ""));
            let headers = headers.replace("ORIGIN", origin).replace('\n', "\r\n");
            let end = if headers.is_empty() { "\r\n" } else { "\r\n\r\n" };
            format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n{headers}{end}").into_bytes()
        })
    }

    /// Answers with any bytes.
    pub fn raw(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), requests: Arc::default() };
        let requests = Arc::clone(&server.requests);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let request = receive(&mut connection);
                let answer = answer(&request);
                requests.lock().unwrap().push(request);
                // The client may have hung up already.
                let _ = connection.write_all(&answer);
            }
        });
        server
    }
}

/// The head and the body of a request.
fn receive(connection: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = connection.read(&mut buffer).unwrap_or_default();
        request.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let (head, body) = request.split_once("\r\n\r\n").unwrap_or((&request, ""));
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
        if read == 0 || (request.contains("\r\n\r\n") && body.len() >= length) {
            return request;
        }
    }
}
