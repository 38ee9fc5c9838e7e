//! The body of a provider's reply, with the connection that it comes over.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::lane::Lane;
use super::wire::Wire;

/// Reading it drives the connection. At its end the connection is free for the next call; when it is
/// dropped before, the connection is closed, which ends the provider's call.
pub struct ProviderBody {
    body: Incoming,
    /// Taken when it is given back.
    wire: Option<Box<Wire>>,
    lane: Arc<Lane>,
}

impl ProviderBody {
    pub(super) fn new(body: Incoming, wire: Box<Wire>, lane: Arc<Lane>) -> Self {
        Self { body, wire: Some(wire), lane }
    }

    /// Keeps the connection for the next call, if it can take one.
    fn give_back(&mut self) {
        if let Some(mut wire) = self.wire.take()
            && wire.is_free()
        {
            self.lane.give_back(wire);
        }
    }
}

impl Body for ProviderBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Self { body, wire, .. } = &mut *self;
        let frame = match wire {
            Some(wire) => wire.poll_frame(body, context),
            None => Pin::new(body).poll_frame(context),
        };
        if matches!(frame, Poll::Ready(None)) {
            self.give_back();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ProviderBody {
    fn drop(&mut self) {
        // Whoever knew from its length that this was all may not have asked for the end.
        if self.body.is_end_stream() && tokio::runtime::Handle::try_current().is_ok() {
            self.give_back();
        }
    }
}
