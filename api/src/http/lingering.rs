//! Closes a connection in two steps (RFC 9112 section 9.6): it ends its own side, then discards what the client still sends. The
//! kernel resets a connection that is closed with unread bytes, and a reset can destroy an answer before the client reads it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// How long a client may take to close its own side.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The number of bytes to discard. Later bytes wait in the kernel until the timeout, so that a flood costs no time.
const MAX_DISCARDED: usize = 4 << 20;

/// A stream that reads after its shutdown.
pub(super) struct Lingering<S> {
    stream: Pin<Box<S>>,
    closing: Option<Closing>,
}

struct Closing {
    timeout: Pin<Box<Sleep>>,
    discarded: usize,
}

impl<S> Lingering<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream: Box::pin(stream), closing: None }
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncRead for Lingering<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, closing } = &mut *self;
        if closing.is_none() {
            ready!(stream.as_mut().poll_shutdown(context))?;
        }
        let closing = closing.get_or_insert_with(|| Closing { timeout: Box::pin(sleep(TIMEOUT)), discarded: 0 });
        if closing.timeout.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut bytes = [0; 4096];
        while closing.discarded < MAX_DISCARDED {
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(stream.as_mut().poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => closing.discarded += buffer.filled().len(),
                // The client has closed, in order or not.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
        Poll::Pending
    }
}
