//! The part of a request's body that the service has not read when the answer is ready. The next request stands behind it on the
//! connection, so the service either reads it or closes the connection (RFC 9112 section 9.3).

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use hyper::body::Bytes;
use poem::{Body, Request, http::header};

use crate::http::request::body;

/// How long the rest of a body may take to arrive.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// A body that the operation reads, and that the connection reads after it.
pub(in crate::http) struct UnreadBody {
    chunks: Shared,
    expects_continue: bool,
    is_too_large: bool,
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Chunks>>);

struct Chunks {
    stream: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
    read: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No part was asked for, so hyper has sent no 100 either.
    Unasked,
    Open,
    Ended,
    Broken,
}

impl UnreadBody {
    /// Keeps a handle on the body of a request, if it has one.
    pub(in crate::http) fn keep(request: &mut Request) -> Option<Self> {
        let headers = request.headers();
        if !headers.contains_key(header::CONTENT_LENGTH) && !headers.contains_key(header::TRANSFER_ENCODING) {
            return None;
        }
        let expects_continue = headers.contains_key(header::EXPECT);
        let is_too_large = body::is_too_large(headers);
        let stream = Box::pin(request.take_body().into_bytes_stream());
        let chunks = Shared(Arc::new(Mutex::new(Chunks { stream, read: 0, state: State::Unasked })));
        request.set_body(Body::from_bytes_stream(chunks.clone()));
        Some(Self { chunks, expects_continue, is_too_large })
    }

    /// Reads what remains, within limits. Whether the connection can carry another request.
    pub(in crate::http) async fn drain(mut self) -> bool {
        let state = self.chunks.lock().state;
        if self.is_too_large || (state == State::Unasked && self.expects_continue) {
            // The client must not send such a body, and reading would ask for it.
            return false;
        }
        let to_end = async { while self.chunks.lock().read <= body::MAX_BYTES && self.chunks.next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, to_end).await;
        self.chunks.lock().state == State::Ended
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Chunks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream for Shared {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut chunks = self.lock();
        if matches!(chunks.state, State::Ended | State::Broken) {
            return Poll::Ready(None);
        }
        let polled = chunks.stream.as_mut().poll_next(context);
        chunks.state = match &polled {
            Poll::Ready(None) => State::Ended,
            Poll::Ready(Some(Err(_))) => State::Broken,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => State::Open,
        };
        if let Poll::Ready(Some(Ok(chunk))) = &polled {
            chunks.read = chunks.read.saturating_add(chunk.len());
        }
        polled
    }
}
