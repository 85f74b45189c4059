//! The socket, with a way to say something that no HTTP library would: nothing at all, half an answer, too much of one.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// One connection, as a handler sees it.
#[derive(Debug, Clone, Default)]
pub struct Line(Arc<Mutex<Option<Vec<u8>>>>);

impl Line {
    /// Has these bytes sent in place of the answer, and the connection cut after them.
    pub fn say_instead(&self, bytes: Vec<u8>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
    }

    fn take(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Connected<IncomingStream<'_, Port>> for Line {
    fn connect_info(stream: IncomingStream<'_, Port>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Where connections come from.
#[derive(Debug)]
pub struct Port(pub TcpListener);

impl Listener for Port {
    type Io = Wire;
    type Addr = Line;

    async fn accept(&mut self) -> (Wire, Line) {
        loop {
            match self.0.accept().await {
                Ok((stream, _)) => {
                    // Answers are small and latency is what is measured; a socket that refuses still works.
                    let _ = stream.set_nodelay(true);
                    let line = Line::default();
                    return (Wire { stream, line: line.clone(), script: None }, line);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Line> {
        Ok(Line::default())
    }
}

/// A connection that sends a script in place of an answer when told to.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    line: Line,
    script: Option<(Vec<u8>, usize)>,
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(script) = self.line.take() {
            self.script = Some((script, 0));
        }
        let this = &mut *self;
        let Some((script, sent)) = &mut this.script else {
            return Pin::new(&mut this.stream).poll_write(context, bytes);
        };
        while *sent < script.len() {
            *sent += ready!(Pin::new(&mut this.stream).poll_write(context, &script[*sent..]))?;
        }
        Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "cut on purpose")))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
