//! The connections. poem's own server has no limit on how long headers may take and leaves Nagle's delay on; hyper's has and does
//! not, so we accept for ourselves.

use std::{convert::Infallible, future::Future, io, sync::Arc, time::Duration};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use poem::{
    http,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use super::{
    App,
    connections::{Connections, Held},
};

/// How long a connection may take to send the next request's headers, from its first moment; Apache gives them as long. Those who
/// hold connections come back when they are hung up on, which costs more than what waits; but stopping may wait for it, too.
const HEADER_PATIENCE: Duration = Duration::from_secs(20);
/// How long a client may take none of an answer.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// As many bytes of headers as a request may have for sure: hyper takes up to twice as many.
const HEADER_LIMIT: usize = 32 * 1024;
/// How long requests under way may take when the service stops.
const DRAIN: Duration = Duration::from_secs(30);
/// How long to wait when no connection can be accepted (no file descriptor is left), so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, then lets what is under way finish. With `tls` it speaks https.
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
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let Some(held) = open.admit(peer.ip(), &app.state().config) else {
            // Closed without a word: an answer would cost what there is too little of.
            tracing::debug!("too many connections");
            continue;
        };
        let connection = Connection { local: local.clone(), peer: RemoteAddr(peer.into()), app: Arc::clone(&app), _held: held };
        tokio::spawn(connection.serve(stream, tls.clone(), connections.watcher()));
    }
    drop(listener);
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(DRAIN) => tracing::warn!("some requests did not finish in time"),
    }
    Ok(())
}

struct Connection {
    local: LocalAddr,
    peer: RemoteAddr,
    app: Arc<App>,
    _held: Held,
}

impl Connection {
    async fn serve(self, stream: TcpStream, tls: Option<TlsAcceptor>, connections: Watcher) {
        // An answer is one write: waiting for more to send would only delay it.
        let _ = stream.set_nodelay(true);
        let served = match tls {
            None => self.speak_http(stream, connections).await,
            Some(tls) => match tokio::time::timeout(HEADER_PATIENCE, Box::pin(tls.accept(stream))).await {
                Ok(Ok(stream)) => self.speak_http(stream, connections).await,
                Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => return tracing::debug!("a TLS handshake came too slowly"),
            },
        };
        if let Err(error) = served {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    async fn speak_http(self, stream: impl AsyncRead + AsyncWrite + Send + 'static, connections: Watcher) -> hyper::Result<()> {
        let Self { local, peer, app, _held } = self;
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let request = poem::Request::from((request, local.clone(), peer.clone(), http::uri::Scheme::HTTP));
            let app = Arc::clone(&app);
            // Boxed: hyper sets the room for an answer aside for as long as a connection is open, and most say nothing most of the time.
            Box::pin(async move { Ok::<_, Infallible>(hyper::Response::from(app.answer(request).await)) })
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_PATIENCE));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_PATIENCE)
            .max_buf_size(HEADER_LIMIT)
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        connections.watch(connection).await
    }
}
