//! The body of a provider's reply, with the connection that it comes over.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use weighbridge_core::failure::Failure;

use super::lane::Lane;
use super::wire::Wire;
use crate::relay::gather::broken_off;

/// Reading it drives the connection. At its end the connection is free for the next call; when it is
/// dropped before, the connection is closed, which ends the provider's call.
pub struct ProviderBody {
    body: Incoming,
    /// What was waited for already.
    first: Option<Frame<Bytes>>,
    /// Taken when it is given back.
    wire: Option<Box<Wire>>,
    lane: Arc<Lane>,
}

impl ProviderBody {
    pub(super) fn new(body: Incoming, wire: Box<Wire>, lane: Arc<Lane>) -> Self {
        Self { body, first: None, wire: Some(wire), lane }
    }

    /// Waits for the first piece, which is kept, but no longer than `patience`: who is silent may still
    /// speak.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) async fn wait_for_first(&mut self, patience: Duration) -> Result<(), Failure> {
        match tokio::time::timeout(patience, self.frame()).await {
            Ok(Some(Ok(frame))) => self.first = Some(frame),
            Ok(Some(Err(_)) | None) => return Err(broken_off()),
            Err(_) => {}
        }
        Ok(())
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
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
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
        self.first.is_none() && self.body.is_end_stream()
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
