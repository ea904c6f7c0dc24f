//! The TCP stream of a connection. It bounds how long the kernel keeps data for a client after the service has finished with it.
//!
//! An orderly close has two steps (RFC 9112 section 9.6): the service ends its own side, then discards what the client still sends. The
//! kernel resets a connection that is closed with unread bytes, and a reset can destroy an answer before the client reads it. A
//! client that does not read or does not close is reset, because its unsent data would outlive the connection in the kernel.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};
use tokio_io_timeout::TimeoutStream;

/// How long a client may read nothing of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take to read the last answer and to close its side.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The number of bytes to discard. Later bytes wait in the kernel until the timeout, so that a flood takes no processor time.
const MAX_DISCARDED: usize = 4 << 20;

pub(super) struct ClientStream {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    closing: Option<Closing>,
}

struct Closing {
    timeout: Pin<Box<Sleep>>,
    discarded: usize,
}

impl ClientStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        // An answer is one write, so Nagle's algorithm would only delay it.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        Self { stream: Box::pin(stream), closing: None }
    }

    /// Makes the kernel drop unsent data when the stream is dropped.
    fn abort(&self) {
        let _ = self.stream.get_ref().set_zero_linger();
    }

    fn watch<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if matches!(&written, Poll::Ready(Err(error)) if error.kind() == ErrorKind::TimedOut) {
            self.abort();
        }
        written
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.stream.as_mut().poll_write(context, bytes);
        self.watch(written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = self.stream.as_mut().poll_write_vectored(context, slices);
        self.watch(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closing.is_none() {
            ready!(self.stream.as_mut().poll_shutdown(context))?;
        }
        let Self { stream, closing } = &mut *self;
        let closing = closing.get_or_insert_with(|| Closing { timeout: Box::pin(sleep(CLOSE_TIMEOUT)), discarded: 0 });
        let mut bytes = [0; 4096];
        while closing.discarded < MAX_DISCARDED {
            let mut buffer = ReadBuf::new(&mut bytes);
            match stream.as_mut().poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => closing.discarded += buffer.filled().len(),
                // The client has closed, in order or not.
                Poll::Ready(Ok(()) | Err(_)) => return Poll::Ready(Ok(())),
                Poll::Pending => break,
            }
        }
        ready!(closing.timeout.as_mut().poll(context));
        self.abort();
        Poll::Ready(Ok(()))
    }
}
