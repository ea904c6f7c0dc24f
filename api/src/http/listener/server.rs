//! Accepts connections and serves HTTP/1.1 on them. poem's own server sets no limit on the time that headers take and leaves Nagle's
//! delay on, so this module drives hyper directly.

use std::{future::Future, io, sync::Arc, time::Duration};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use poem::{
    http::{HeaderValue, StatusCode, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use rustix::net::sockopt;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::{
    client_stream::ClientStream,
    connections::{ConnectionPermit, Connections},
    unread_body::UnreadBody,
};
use crate::http::app::App;

/// How long a client may take to send the headers of its next request; Apache's default. A shorter limit costs more than it saves,
/// because clients that hold connections open reconnect. A longer one delays the stop of the service.
const HEADER_TIMEOUT: Duration = Duration::from_secs(20);
/// How many bytes of answers the kernel may keep for a client that does not read; Linux doubles the number for its own records. Without
/// a bound it keeps four megabytes.
const SEND_BUFFER: usize = 64 * 1024;
/// How long the kernel keeps bytes that a client does not acknowledge, also after the connection is closed.
const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_secs(20);
/// A request may have this many bytes of headers. hyper accepts up to twice as many.
const HEADER_LIMIT: usize = 32 * 1024;
/// How long open requests may take after the service begins to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait after a failed accept (no file descriptor is left), so that the loop does not spin.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Serves until `stop` resolves, then waits for open requests. With `tls` it serves https.
pub async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, app: App, stop: impl Future<Output = ()>) -> io::Result<()> {
    let local = LocalAddr(listener.local_addr()?.into());
    let app = Arc::new(app);
    let open = Arc::new(Connections::new(Arc::clone(&app.state().metrics)));
    let connections = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_BACKOFF).await;
                    continue;
                }
            },
        };
        let Some(permit) = open.admit(peer.ip(), &app.state().config) else {
            // Closed without an answer: an answer would need the resources that are short.
            tracing::debug!("too many connections");
            continue;
        };
        if let Err(error) = bound_kernel_memory(&stream) {
            tracing::warn!(%error, "cannot bound the memory of a connection");
            continue;
        }
        let connection = Connection { local: local.clone(), peer: RemoteAddr(peer.into()), app: Arc::clone(&app), _permit: permit };
        tokio::spawn(connection.serve(stream, tls.clone(), connections.watcher()));
    }
    drop(listener);
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(DRAIN_TIMEOUT) => tracing::warn!("some requests did not finish before the drain timeout"),
    }
    Ok(())
}

/// Bounds what the kernel keeps for one connection. Set on each connection and not on the listener: clients may connect before the
/// service is ready, and such a connection would not inherit it.
fn bound_kernel_memory(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_send_buffer_size(stream, SEND_BUFFER)?;
    let timeout = u32::try_from(UNACKNOWLEDGED_TIMEOUT.as_millis()).unwrap_or(u32::MAX);
    Ok(sockopt::set_tcp_user_timeout(stream, timeout)?)
}

struct Connection {
    local: LocalAddr,
    peer: RemoteAddr,
    app: Arc<App>,
    _permit: ConnectionPermit,
}

impl Connection {
    async fn serve(self, stream: TcpStream, tls: Option<TlsAcceptor>, connections: Watcher) {
        let stream = ClientStream::new(stream);
        let served = match tls {
            None => self.serve_http(stream, connections).await,
            Some(tls) => match tokio::time::timeout(HEADER_TIMEOUT, Box::pin(tls.accept(stream))).await {
                Ok(Ok(stream)) => self.serve_http(stream, connections).await,
                Ok(Err(error)) => return tracing::debug!(%error, "the TLS handshake failed"),
                Err(_) => return tracing::debug!("the TLS handshake timed out"),
            },
        };
        if let Err(error) = served {
            tracing::debug!(%error, "the connection ended early");
        }
    }

    async fn serve_http(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        connections: Watcher,
    ) -> hyper::Result<()> {
        let Self { local, peer, app, _permit } = self;
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let request = poem::Request::from((request, local.clone(), peer.clone(), Scheme::HTTP));
            let app = Arc::clone(&app);
            // Boxed: hyper reserves the size of this future for as long as the connection is open, and most connections are idle.
            Box::pin(async move {
                let response = answer(&app, request).await;
                #[cfg(feature = "testbed")]
                crate::http::faults::deliver(&response)?;
                Ok::<_, io::Error>(hyper::Response::from(response))
            })
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(HEADER_LIMIT)
            .serve_connection(TokioIo::new(stream), service);
        connections.watch(connection).await
    }
}

/// Answers a request. The answer says that the connection closes if the client must not send another request on it.
async fn answer(app: &App, mut request: poem::Request) -> poem::Response {
    let body = UnreadBody::keep(&mut request);
    let mut response = app.answer(request).await;
    let closes = match body {
        // The body did not arrive in time.
        _ if response.status() == StatusCode::REQUEST_TIMEOUT => true,
        Some(body) => !body.drain().await,
        None => false,
    };
    if closes || app.state().is_stopping() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
