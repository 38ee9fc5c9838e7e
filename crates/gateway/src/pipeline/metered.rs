//! The call is over and weighed; its receipt is being committed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};
use weighbridge_core::failure::Failure;
use weighbridge_store::place::Closing;

use crate::front::words::refusal;
use crate::gateway::Durability;
use crate::meter::{End, Meter, Weighed};
use crate::pipeline::Recorded;

/// The eighth stage: what is held back of a reply, `H`, until its receipt is committed.
///
/// A future of [`Recorded`]. Dropping it leaves the receipt to be committed all the same.
pub struct Metered<H> {
    closing: Closing,
    patience: Pin<Box<Sleep>>,
    durability: Durability,
    weighed: Weighed,
    held: Option<H>,
}

impl<H> Metered<H> {
    /// Ends the call, queues its receipt, and holds `held` until that is committed.
    pub(crate) fn new(meter: Box<Meter>, end: End, held: H) -> Self {
        let parts = &meter.gateway().parts;
        let durability = parts.durability;
        let patience = Instant::now() + parts.limits.record_wait;
        let (closing, weighed) = meter.finish(end);
        Self {
            closing,
            patience: Box::pin(tokio::time::sleep_until(patience)),
            durability,
            weighed,
            held: Some(held),
        }
    }
}

impl Metered<Failure> {
    /// A call that ends in `failure`, and tells its caller so.
    pub(crate) fn failed(mut meter: Box<Meter>, failure: Failure) -> Self {
        // What the caller gets is what the receipt is of, also where it is our own words.
        meter.give_out(&refusal(meter.dialect(), &failure));
        Self::new(meter, End::Failed(failure.clone()), failure)
    }
}

impl<H: Unpin> Future for Metered<H> {
    type Output = Recorded<H>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Recorded<H>> {
        let durable = match self.durability {
            Durability::BestEffort => true,
            Durability::Required => match Pin::new(&mut self.closing).poll(context) {
                Poll::Ready(answer) => answer.is_ok(),
                Poll::Pending => match self.patience.as_mut().poll(context) {
                    // The receipt is written when there is space; this reply cannot wait for it.
                    Poll::Ready(()) => false,
                    Poll::Pending => return Poll::Pending,
                },
            },
        };
        match self.held.take() {
            Some(held) => Poll::Ready(Recorded { held, weighed: self.weighed, durable }),
            None => Poll::Pending,
        }
    }
}
