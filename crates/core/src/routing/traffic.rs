//! What goes on at one provider.

use std::collections::VecDeque;

use crate::clock::Monotonic;
use crate::directory::Seat;

use super::breaker::{Breaker, Health};
use super::dispatcher::Post;

/// How many calls a provider is given at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// Up to so many it is at its best, and preferred.
    pub optimal: u32,
    /// Up to so many it is used while the others are worse, and never beyond.
    pub max: u32,
    /// So many calls may wait for a place where nobody else has one.
    pub queue: u32,
}

impl Default for Concurrency {
    /// No bound is known.
    fn default() -> Self {
        Self { optimal: u32::MAX, max: u32::MAX, queue: 0 }
    }
}

/// An exchange with a provider that is counted among those that run there. It is given back when the
/// exchange is over.
#[derive(Debug)]
#[must_use = "a turn that is not given back counts for ever"]
pub struct Turn {
    pub(super) seat: Seat,
    pub(super) began: Monotonic,
    /// Whether it is to show that the provider is back.
    pub(super) probe: bool,
}

impl Turn {
    /// Where.
    pub fn seat(&self) -> Seat {
        self.seat
    }
}

/// How an exchange went, as far as that says something of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// It answered; be it that the request was wrong.
    Well,
    /// It could not be reached, broke off, took too long, or failed by itself.
    Badly,
    /// It asked for no more calls for so many microseconds.
    Asked {
        /// How many.
        wait: u64,
    },
    /// It refuses our credential.
    Refused,
    /// Others are to be asked first for so many microseconds: it does not have the model, or not for
    /// us, or has too much to do and does not say for how long.
    Aside {
        /// How many.
        wait: u64,
    },
    /// The caller left, or we did: nothing is known of it.
    Unknown,
}

/// See the module's words.
#[derive(Debug)]
pub(super) struct Traffic {
    /// Whether it is on this very machine.
    pub(super) here: bool,
    pub(super) concurrency: Concurrency,
    pub(super) in_flight: u32,
    pub(super) breaker: Breaker,
    /// Who waits for a place, the first one in front.
    pub(super) queue: VecDeque<u64>,
}

impl Traffic {
    /// Nothing goes on there yet.
    pub(super) fn of(post: &Post) -> Self {
        Self {
            here: post.here,
            concurrency: post.concurrency,
            in_flight: 0,
            breaker: Breaker::new(Monotonic(0)),
            queue: VecDeque::new(),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.in_flight < self.concurrency.max
    }

    /// Whether one more call is one too many for its best.
    pub(super) fn is_at_optimum(&self) -> bool {
        self.in_flight >= self.concurrency.optimal
    }

    /// Whether it is to get no call for now that anybody else could take.
    pub(super) fn is_held_back(&self, health: Health) -> bool {
        match health {
            Health::Resting | Health::Refused => true,
            Health::Recovering => self.in_flight >= self.breaker.allowed(),
            Health::Well | Health::Unwell | Health::Due => false,
        }
    }
}
