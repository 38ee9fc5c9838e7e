//! One connection to a provider, driven by the call that uses it: there is no other task that would
//! have to be woken for every piece, and all that can be read is read at once.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::outgoing::Outgoing;

/// What a connection runs over.
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// See the module's words.
pub(super) struct Wire {
    sender: SendRequest<Outgoing>,
    /// Nothing once the provider has closed.
    connection: Option<Connection<Stream, Outgoing>>,
}

/// A request did not get its reply.
pub(super) struct Failed {
    pub(super) error: hyper::Error,
    /// The request, where certainly no byte of it was sent.
    pub(super) unsent: Option<Request<Outgoing>>,
}

impl Wire {
    /// A connection over a stream that stands.
    pub(super) async fn over(stream: Stream) -> hyper::Result<Self> {
        let (sender, connection) = handshake(stream).await?;
        Ok(Self { sender, connection: Some(connection) })
    }

    /// Lets the connection do what it can.
    pub(super) fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && let Poll::Ready(ended) = Pin::new(connection).poll(context)
        {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection to a provider ended");
            }
            self.connection = None;
        }
    }

    /// Whether it can take a request now. One that the provider has closed in the meantime cannot.
    pub(super) fn is_free(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of its reply. Dropping the future ends the exchange,
    /// and the connection is of no more use.
    pub(super) async fn send(
        &mut self,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failed> {
        let mut reply = std::pin::pin!(self.sender.try_send_request(request));
        let connection = &mut self.connection;
        let head = std::future::poll_fn(|context| {
            // First what the connection has, then what came of it.
            if let Some(open) = connection
                && Pin::new(open).poll(context).is_ready()
            {
                *connection = None;
            }
            reply.as_mut().poll(context)
        });
        head.await.map_err(|mut failed| Failed {
            unsent: failed.take_message(),
            error: failed.into_error(),
        })
    }
}
