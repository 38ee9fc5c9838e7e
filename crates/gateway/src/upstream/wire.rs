//! One connection to a provider, driven by the call that uses it: there is no other task that would
//! have to be woken for every piece, and all that can be read is read at once.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::outgoing::Outgoing;
use crate::bell::Bell;

/// What a connection runs over.
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// See the module's words.
pub(super) struct Wire {
    sender: SendRequest<Outgoing>,
    /// Nothing once the provider has closed.
    connection: Option<Connection<Stream, Outgoing>>,
    /// Before the connection and the body that comes over it.
    bell: Bell,
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
        Ok(Self { sender, connection: Some(connection), bell: Bell::new() })
    }

    /// The next of `body`, which comes over this connection.
    pub(super) fn poll_frame(
        &mut self,
        body: &mut Incoming,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let Self { connection, bell, .. } = self;
        bell.ask(context, |context| {
            drive(connection, context);
            Pin::new(&mut *body).poll_frame(context)
        })
    }

    /// Whether it can take a request now. One that the provider has closed in the meantime cannot.
    pub(super) fn is_free(&mut self) -> bool {
        self.bell.reset();
        drive(&mut self.connection, &mut Context::from_waker(Waker::noop()));
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of its reply. Dropping the future ends the exchange,
    /// and the connection is of no more use.
    pub(super) async fn send(
        &mut self,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, Failed> {
        self.bell.reset();
        let Self { sender, connection, bell } = self;
        let mut reply = std::pin::pin!(sender.try_send_request(request));
        let head = std::future::poll_fn(|context| {
            bell.ask(context, |context| {
                // First what the connection has, then what came of it.
                drive(connection, context);
                reply.as_mut().poll(context)
            })
        });
        head.await.map_err(|mut failed| Failed {
            unsent: failed.take_message(),
            error: failed.into_error(),
        })
    }
}

/// Lets a connection do what it can.
fn drive(connection: &mut Option<Connection<Stream, Outgoing>>, context: &mut Context<'_>) {
    if let Some(open) = connection
        && let Poll::Ready(ended) = Pin::new(open).poll(context)
    {
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection to a provider ended");
        }
        *connection = None;
    }
}
