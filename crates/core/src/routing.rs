//! Where a call runs: which of the providers that may serve it is asked first, which next, and which
//! not at all.
//!
//! All of it is arithmetic over what is known: how many calls run where, how the last ones went, what
//! they cost. Time is an argument, so a simulation can live through a day of failures in a second.

mod breaker;
mod candidate;
mod dispatcher;
mod latency;
mod load;
mod pair;
mod policy;
mod rate;
#[cfg(test)]
mod simulation;
mod traffic;

pub use breaker::{Health, Rules};
pub use candidate::{Candidate, Reason, Score, Verdict};
pub use dispatcher::{Ask, Dispatcher, Found, Post, Standing, Woken};
pub use load::Load;
pub(crate) use policy::allows;
pub use policy::{Choice, NoSuchPolicy, Policies, Policy, Source};
pub use traffic::{Concurrency, Turn, Went};

use crate::clock::Monotonic;

/// One second on the clock that never goes back.
const SECOND: u64 = 1_000_000;

/// A moment so many microseconds later.
const fn later(now: Monotonic, micros: u64) -> Monotonic {
    Monotonic(now.0.saturating_add(micros))
}
