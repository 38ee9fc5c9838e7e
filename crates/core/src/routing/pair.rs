//! One model of one provider.

use crate::clock::Monotonic;

use super::SECOND;
use super::latency::Latency;
use super::later;

/// How often one call finds out how fast a model is that is not asked for being slow.
const CURIOUS: u64 = 20 * SECOND;

/// The longest that a provider's own word counts that it wants no calls for a while.
const LONGEST_WAIT: u64 = 3600 * SECOND;

/// See the module's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Pair {
    stream: Latency,
    whole: Latency,
    asked_to_wait: Option<Monotonic>,
    /// Until when others are asked first.
    aside: Option<Monotonic>,
    /// When it was asked last for a stream, and for a whole reply.
    asked: [Option<Monotonic>; 2],
    provider: Option<u32>,
}

impl Pair {
    pub(super) fn answered(&mut self, streams: bool, micros: u64, now: Monotonic) {
        let latency = if streams { &mut self.stream } else { &mut self.whole };
        latency.take(micros, now);
    }

    pub(super) fn asked(&mut self, provider: u32, streams: bool, now: Monotonic) {
        self.asked[usize::from(streams)] = Some(now);
        self.provider = Some(provider);
    }

    /// Whether it is of this provider, as far as that was ever asked.
    pub(super) fn is_of(&self, provider: u32) -> bool {
        self.provider == Some(provider)
    }

    /// How long until a reply begins; of the other kind where only that is known.
    pub(super) fn latency(&self, streams: bool) -> Option<u64> {
        let (own, other) = self.latencies(streams);
        own.last().or_else(|| other.last())
    }

    /// Whether one call is to find out how long that is now.
    pub(super) fn is_curious(&self, streams: bool, now: Monotonic) -> bool {
        let (own, _) = self.latencies(streams);
        own.is_stale(now)
            && self.asked[usize::from(streams)].is_none_or(|at| now.micros_since(at) > CURIOUS)
    }

    fn latencies(&self, streams: bool) -> (&Latency, &Latency) {
        if streams { (&self.stream, &self.whole) } else { (&self.whole, &self.stream) }
    }

    pub(super) fn wait(&mut self, micros: u64, now: Monotonic) {
        self.asked_to_wait = Some(later(now, micros.min(LONGEST_WAIT)));
    }

    pub(super) fn set_aside(&mut self, micros: u64, now: Monotonic) {
        self.aside = Some(later(now, micros.min(LONGEST_WAIT)));
    }

    /// Until when its provider wants no calls.
    pub(super) fn waits_until(&self, now: Monotonic) -> Option<Monotonic> {
        self.asked_to_wait.filter(|until| now < *until)
    }

    pub(super) fn is_aside(&self, now: Monotonic) -> bool {
        self.aside.is_some_and(|until| now < until)
    }
}
