//! A reply that is no stream of events, and too long to be held whole or wanted as it comes: its last
//! piece is held until the receipt is committed. When it fails on its way the connection is cut, so
//! that no caller takes half a reply for a whole one.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;
use weighbridge_core::failure::Failure;
use weighbridge_core::price::Pieces;
use weighbridge_flavor::openai::{ReplyScan, Usage};
use weighbridge_flavor::services;

use crate::body::Cut;
use crate::meter::{End, Meter};
use crate::pipeline::Metered;
use crate::pipeline::reserved::shutting_down;
use crate::relay::gather::{broken_off, late, not_json, silent};
use crate::upstream::ProviderBody;

/// See the module's words.
pub struct LongReply {
    state: State,
}

enum State {
    Flowing(Box<Flowing>),
    Recording(Metered<Bytes>),
    Trailers(HeaderMap),
    /// It has failed. What went out before it is written first, the head at least.
    Cutting,
    Ended,
}

/// What a reply is metered by.
pub(crate) enum Measure {
    /// An answer, by what it says.
    Answer(Box<ReplyScan>),
    /// A sound, by what was asked for. It takes as long as its caller plays it, so its provider may be
    /// silent for `idle`, and no longer than until `over`.
    Sound { asked: Pieces, idle: Duration, over: Instant },
}

struct Flowing {
    meter: Box<Meter>,
    /// Pieces that have come; the last of them is held back.
    ready: VecDeque<Bytes>,
    rest: ProviderBody,
    measure: Measure,
    deadline: Pin<Box<Sleep>>,
    cutting: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl LongReply {
    pub(crate) fn new(
        meter: Box<Meter>,
        start: VecDeque<Bytes>,
        rest: ProviderBody,
        measure: Measure,
        deadline: Instant,
    ) -> Self {
        let cutting = Box::pin(meter.gateway().cutting().clone().cancelled_owned());
        let deadline = Box::pin(tokio::time::sleep_until(deadline));
        let mut flowing = Flowing { meter, ready: start, rest, measure, deadline, cutting };
        flowing.wait_anew();
        Self { state: State::Flowing(Box::new(flowing)) }
    }
}

impl Drop for LongReply {
    /// The caller has left: what came so far is what was used, as far as anybody can know.
    fn drop(&mut self) {
        if let State::Flowing(flowing) = &mut self.state {
            flowing.measure_part();
        }
    }
}

impl Flowing {
    /// What came so far is what was used, as far as anybody can know.
    fn measure_part(&mut self) {
        if let Measure::Answer(scan) = &self.measure {
            self.meter.text_out(scan.text_bytes(), None, false);
        }
    }

    /// The provider has said something.
    fn wait_anew(&mut self) {
        if let Measure::Sound { idle, over, .. } = self.measure {
            self.deadline.as_mut().reset(over.min(Instant::now() + idle));
        }
    }

    /// The provider has said nothing for too long.
    fn too_late(&self) -> Failure {
        match self.measure {
            Measure::Answer(_) => late(),
            Measure::Sound { idle, .. } => silent(idle),
        }
    }

    /// The next piece but the last; nothing when all have come.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        loop {
            if self.ready.len() > 1 {
                return Poll::Ready(Ok(self.ready.pop_front()));
            }
            match Pin::new(&mut self.rest).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        if let Measure::Answer(scan) = &mut self.measure
                            && let Err(error) = scan.push(&data)
                        {
                            return Poll::Ready(Err(not_json(&error)));
                        }
                        self.wait_anew();
                        if !data.is_empty() {
                            self.ready.push_back(data);
                        }
                    }
                }
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Err(broken_off())),
                Poll::Ready(None) => return Poll::Ready(Ok(None)),
                Poll::Pending => {
                    if self.deadline.as_mut().poll(context).is_ready() {
                        return Poll::Ready(Err(self.too_late()));
                    }
                    if self.cutting.as_mut().poll(context).is_ready() {
                        return Poll::Ready(Err(shutting_down()));
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    /// All pieces have come: weighs the call, or finds that they make no reply.
    fn end(mut self) -> Option<Metered<Bytes>> {
        self.measure_part();
        let held = self.ready.pop_front().unwrap_or_default();
        match self.measure {
            Measure::Sound { asked, .. } => {
                self.meter.pieces_out(&services::Usage::default(), asked, false);
            }
            Measure::Answer(scan) => match scan.finish() {
                Ok(facts) => {
                    let usage = facts.usage.as_ref().map(Usage::canonical);
                    self.meter.text_out(facts.text_bytes, usage, true);
                }
                Err(error) => {
                    tracing::warn!(%error, "a provider's long reply is none");
                    drop(self.meter.finish(End::Failed(broken_off())));
                    return None;
                }
            },
        }
        self.meter.give_out(&held);
        Some(Metered::new(self.meter, End::Finished, held))
    }
}

impl Body for LongReply {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        loop {
            match &mut self.state {
                State::Flowing(flowing) => match ready!(flowing.poll_piece(context)) {
                    Ok(Some(piece)) => {
                        flowing.meter.give_out(&piece);
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                    Ok(None) => {
                        let State::Flowing(flowing) =
                            std::mem::replace(&mut self.state, State::Ended)
                        else {
                            continue;
                        };
                        match flowing.end() {
                            Some(metered) => self.state = State::Recording(metered),
                            None => return Poll::Ready(Some(Err(Cut))),
                        }
                    }
                    Err(failure) => {
                        tracing::warn!(words = %failure.words, "a long reply failed on its way");
                        if let State::Flowing(flowing) =
                            std::mem::replace(&mut self.state, State::Ended)
                        {
                            let mut flowing = flowing;
                            flowing.measure_part();
                            drop(flowing.meter.finish(End::Failed(failure)));
                        }
                        self.state = State::Cutting;
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                },
                State::Recording(metered) => {
                    let recorded = ready!(Pin::new(metered).poll(context));
                    let Ok((held, weighed)) = recorded.release() else {
                        self.state = State::Ended;
                        return Poll::Ready(Some(Err(Cut)));
                    };
                    let mut trailers = HeaderMap::new();
                    let millis = HeaderValue::from(weighed.duration_us / 1000);
                    trailers.insert("x-weighbridge-duration-ms", millis);
                    if let Some(cost) = weighed.cost
                        && let Ok(cost) = HeaderValue::from_str(&cost.to_string())
                    {
                        trailers.insert("x-weighbridge-cost", cost);
                    }
                    self.state = State::Trailers(trailers);
                    return Poll::Ready(Some(Ok(Frame::data(held))));
                }
                State::Trailers(trailers) => {
                    let trailers = std::mem::take(trailers);
                    self.state = State::Ended;
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
                State::Cutting => {
                    self.state = State::Ended;
                    return Poll::Ready(Some(Err(Cut)));
                }
                State::Ended => return Poll::Ready(None),
            }
        }
    }
}
