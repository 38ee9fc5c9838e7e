//! A stream of events on its way, byte for byte, with its meter aboard.
//!
//! What can be read at once goes out in one write. The terminator is held until the receipt is
//! committed; a stream that fails ends in an error event and never in a terminator (F2).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use tokio::time::Instant;
use tokio_util::sync::WaitForCancellationFutureOwned;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::money::Money;
use weighbridge_flavor::gemini::Listing;
use weighbridge_flavor::openai;

use crate::bell::Bell;
use crate::body::Cut;
use crate::front::words::{Ping, Voice};
use crate::meter::{End, Meter};
use crate::pipeline::reserved::shutting_down;
use crate::pipeline::{Metered, Recorded};
use crate::relay::coalesced::Coalesced;
use crate::relay::following::{Following, Relay, Stopped};
use crate::relay::gather::{broken_off, silent};
use crate::relay::patience::{Patience, Silence};
use crate::relay::tail;
use crate::upstream::ProviderBody;

/// The most bytes that are put into one write.
const COALESCE: usize = 64 << 10;

/// See the module's words.
pub struct StreamReply {
    state: State,
}

enum State {
    Flowing(Box<Flowing>),
    Recording(Metered<StreamEnd>),
    Ended,
}

/// How a stream goes to its caller.
pub(crate) struct Manner {
    /// The longest silence of its provider.
    pub(crate) idle: Duration,
    /// Whether comment lines of the gateway may go with it, where its dialect takes any.
    pub(crate) comments: bool,
    /// What makes one JSON list of it.
    pub(crate) listing: Option<Box<Listing>>,
}

/// What is held of a stream until its receipt is committed.
struct StreamEnd {
    voice: Arc<Voice>,
    /// What makes an item of an error that stands in the place of the end.
    listing: Option<Box<Listing>>,
    /// The provider's terminator, or our error event.
    bytes: Bytes,
    /// Whether our comment line goes before it.
    comment: bool,
}

struct Flowing {
    /// Taken when the stream ends.
    meter: Option<Box<Meter>>,
    rest: Option<ProviderBody>,
    stream: Following,
    /// What goes out next.
    out: Coalesced,
    /// How the stream ends, once that is known, and the terminator it ends with.
    ending: Option<(End, Bytes)>,
    listing: Option<Box<Listing>>,
    /// Whether comment lines of the gateway may go to the caller.
    comments: bool,
    /// Also of what is held, once nothing flows any more.
    voice: Arc<Voice>,
    patience: Patience,
    cutting: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Before the two above, which seldom call.
    bell: Bell,
}

/// See [`Flowing::poll_interruption`].
enum Interruption {
    /// The gateway ends, and waits no longer.
    Cutting,
    Silence(Silence),
}

impl StreamReply {
    pub(crate) fn new(
        meter: Box<Meter>,
        rest: ProviderBody,
        stream: Following,
        voice: Voice,
        manner: Manner,
    ) -> Self {
        let Manner { idle, comments, listing } = manner;
        let now = Instant::now();
        let limits = meter.gateway().parts.limits;
        let patience = Patience::new(now, limits.stream_time, idle, limits.ping);
        let cutting = Box::pin(meter.gateway().cutting().clone().cancelled_owned());
        let flowing = Flowing {
            meter: Some(meter),
            rest: Some(rest),
            stream,
            out: Coalesced::default(),
            ending: None,
            listing,
            comments: comments && voice.takes_comments(),
            voice: Arc::new(voice),
            patience,
            cutting,
            bell: Bell::new(),
        };
        Self { state: State::Flowing(Box::new(flowing)) }
    }
}

impl Body for StreamReply {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        loop {
            match &mut self.state {
                State::Flowing(flowing) => match ready!(flowing.poll_bytes(context)) {
                    Some(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                    None => match flowing.end() {
                        Some(metered) => self.state = State::Recording(metered),
                        None => self.state = State::Ended,
                    },
                },
                State::Recording(metered) => {
                    let recorded = ready!(Pin::new(metered).poll(context));
                    self.state = State::Ended;
                    let last = last_bytes(recorded);
                    if !last.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(last))));
                    }
                }
                State::Ended => return Poll::Ready(None),
            }
        }
    }
}

/// The last bytes of a stream: our comment line and what was held, or why that is withheld.
fn last_bytes(mut recorded: Recorded<StreamEnd>) -> Bytes {
    let voice = Arc::clone(&recorded.held.voice);
    let listing = recorded.held.listing.take();
    let (end, weighed) = match recorded.release() {
        Ok(released) => released,
        Err(failure) => {
            let event = voice.error_event(&failure);
            return listing.map_or(event.clone(), |mut listing| listing.end(event));
        }
    };
    if !end.comment {
        return end.bytes;
    }
    let (cost, currency) = match weighed.cost {
        Some(Money { amount, currency }) => (format!("\"{amount}\""), format!("\"{currency}\"")),
        None => ("null".to_owned(), "null".to_owned()),
    };
    let comment = openai::comment(&format!(
        "{{\"call\":\"{}\",\"cost\":{cost},\"currency\":{currency},\"duration_ms\":{}}}",
        weighed.call,
        weighed.duration_us / 1000
    ));
    let mut last = BytesMut::with_capacity(comment.len() + end.bytes.len());
    last.extend_from_slice(&comment);
    last.extend_from_slice(&end.bytes);
    last.freeze()
}

impl Flowing {
    /// What goes out next; nothing when the stream has come to its end.
    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while self.ending.is_none() && self.out.len() < COALESCE {
            let Some(rest) = &mut self.rest else { break };
            match Pin::new(rest).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.patience.last_in = Instant::now();
                        let mut forward = self.take(data);
                        if let Some(listing) = &mut self.listing {
                            forward = listing.turn(forward);
                        }
                        self.out.add(forward);
                        if self.patience.last_in >= self.patience.over && self.ending.is_none() {
                            self.fail(endless());
                        }
                    }
                }
                Poll::Ready(Some(Err(_))) => self.fail(broken_off()),
                Poll::Ready(None) => self.provider_ended(),
                Poll::Pending => break,
            }
        }
        if self.out.len() > 0 {
            let bytes = self.out.take();
            self.patience.last_out = self.patience.last_in;
            if let Some(meter) = &mut self.meter {
                meter.give_out(&bytes);
            }
            return Poll::Ready(Some(bytes));
        }
        if self.ending.is_some() {
            return Poll::Ready(None);
        }
        match ready!(self.poll_interruption(context)) {
            Interruption::Cutting => {
                self.fail(shutting_down());
                Poll::Ready(None)
            }
            Interruption::Silence(Silence::TooLong) => {
                self.fail(silent(self.patience.idle));
                Poll::Ready(None)
            }
            Interruption::Silence(Silence::Ping) => match self.ping() {
                Some(ping) => Poll::Ready(Some(ping)),
                None => self.poll_bytes(context),
            },
        }
    }

    /// A sign of life, where the caller takes any. A comment is no part of the reply; an event is.
    fn ping(&mut self) -> Option<Bytes> {
        let Ping { bytes, is_event } = self.voice.ping()?;
        if is_event {
            if let Some(meter) = &mut self.meter {
                meter.give_out(&bytes);
            }
            return Some(bytes);
        }
        self.comments.then_some(bytes)
    }

    /// What comes to pass without a word of the provider.
    fn poll_interruption(&mut self, context: &mut Context<'_>) -> Poll<Interruption> {
        let Self { patience, cutting, bell, .. } = self;
        bell.ask(context, |context| match cutting.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Interruption::Cutting),
            Poll::Pending => patience.poll(context).map(Interruption::Silence),
        })
    }

    /// Takes in what the provider sent; gives back what of it may go out.
    fn take(&mut self, data: Bytes) -> Bytes {
        match self.stream.push(data) {
            Ok(Relay { forward, held }) => {
                if let Some(held) = held {
                    self.ending = Some((End::Finished, held));
                } else if let Err(over) = self.grow() {
                    self.fail(*over);
                }
                forward
            }
            Err(Stopped { failure, before }) => {
                self.fail(failure);
                before
            }
        }
    }

    /// Sees to it that what the answer has come to is paid for.
    fn grow(&mut self) -> Result<(), Box<Failure>> {
        let text_bytes = self.stream.text_bytes();
        self.meter.as_mut().map_or(Ok(()), |meter| meter.grow(text_bytes))
    }

    /// The provider closed the stream: properly, if a finish mark was seen.
    fn provider_ended(&mut self) {
        match self.stream.close() {
            Ok(held) => self.ending = Some((End::Finished, held)),
            Err(failure) => self.fail(failure),
        }
    }

    fn fail(&mut self, failure: Failure) {
        tracing::warn!(words = %failure.words, "a stream failed");
        let event = self.stream.fail(&failure);
        let event = event.unwrap_or_else(|| self.voice.error_event(&failure));
        // Dropping the rest ends the provider's call.
        self.rest = None;
        self.ending = Some((End::Failed(failure), event));
    }

    /// Weighs the call: all but the held end has been handed to the connection.
    fn end(&mut self) -> Option<Metered<StreamEnd>> {
        let mut meter = self.meter.take()?;
        let (end, mut bytes) = self.ending.take()?;
        let mut instead = None;
        if let Some(listing) = &mut self.listing {
            instead = Some(Box::new(listing.instead()));
            bytes = listing.end(bytes);
        }
        self.stream.tell(&mut meter);
        meter.keep(self.stream.take_kept());
        meter.give_out(&bytes);
        if let Some(rest) = self.rest.take() {
            tail::finish(meter.gateway(), rest);
        }
        let voice = Arc::clone(&self.voice);
        let end_held = StreamEnd { voice, listing: instead, bytes, comment: self.comments };
        Some(Metered::new(meter, end, end_held))
    }
}

impl Drop for Flowing {
    /// The caller has left. After the finish mark the provider's tail is still read; before it,
    /// dropping the rest ends the provider's call.
    fn drop(&mut self) {
        let Some(mut meter) = self.meter.take() else { return };
        self.stream.tell(&mut meter);
        if self.ending.is_none()
            && self.stream.finish_seen()
            && !self.stream.usage_is_last()
            && let Some(rest) = self.rest.take()
        {
            let stream = std::mem::replace(&mut self.stream, Following::nothing());
            tail::read_for_usage(meter, rest, stream);
        }
    }
}

/// The stream has no end.
fn endless() -> Failure {
    let words = "the stream took longer than limits.stream_time allows";
    Failure::provider(Code::ProviderTimeout, Retry::Never, words)
}
