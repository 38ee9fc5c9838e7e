//! At most so many requests in any stretch of time of a given length.
//!
//! The time of each admission is kept until it is older than the window, so the bound holds for
//! *every* interval of that length, wherever it begins, not for those that begin on the minute. A
//! request is let in when fewer than `requests` admissions are younger than `window`; as no more
//! than `requests` times are ever kept, memory is bounded by the level.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Monotonic;

/// How many requests, in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many.
    pub requests: usize,
    /// In any stretch of this length.
    pub window: Duration,
}

impl Pace {
    /// The most requests that a window may have: eight bytes are kept of each.
    pub const REQUESTS_LIMIT: usize = 1_000_000;

    fn micros(&self) -> u64 {
        u64::try_from(self.window.as_micros()).unwrap_or(u64::MAX)
    }
}

/// The admissions of one account within the window.
#[derive(Debug, Clone, Default)]
pub struct Window {
    admitted: VecDeque<u64>,
}

/// What is left of a window after a request was let in or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How many requests the window has.
    pub limit: usize,
    /// How many of them are left now.
    pub remaining: usize,
    /// Until all of them are there again.
    pub reset: Duration,
}

/// The window is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// What is left, which is nothing.
    pub allowance: Allowance,
    /// Until one request more may be let in, if no other comes first.
    pub retry: Duration,
}

impl Window {
    /// A window in which these admissions were made before, each so long ago, the oldest first.
    pub fn remembered(now: Monotonic, ago: impl IntoIterator<Item = Duration>) -> Self {
        let at = |ago: Duration| {
            now.0.saturating_sub(u64::try_from(ago.as_micros()).unwrap_or(u64::MAX))
        };
        Self { admitted: ago.into_iter().map(at).collect() }
    }

    /// Lets a request in at `now`, or not.
    ///
    /// # Errors
    /// [`Full`], with the time until it is worth trying again.
    pub fn admit(&mut self, pace: Pace, now: Monotonic) -> Result<Allowance, Full> {
        let window = pace.micros();
        // Two admissions exactly one window apart are not in one interval of that length: an
        // interval has one of its two ends.
        while self.admitted.front().is_some_and(|at| now.0.saturating_sub(*at) >= window) {
            self.admitted.pop_front();
        }
        // The pace may have become slower since.
        let excess = self.admitted.len().saturating_sub(pace.requests.saturating_sub(1));
        if excess > 0 {
            let frees = self.admitted.get(excess - 1).map_or(now.0, |at| at.saturating_add(window));
            let retry = Duration::from_micros(frees.saturating_sub(now.0));
            return Err(Full { allowance: self.allowance(pace, now), retry });
        }
        // Never out of order, even if two threads read the clock in one order and came in another.
        let at = self.admitted.back().map_or(now.0, |last| now.0.max(*last));
        self.admitted.push_back(at);
        Ok(self.allowance(pace, now))
    }

    fn allowance(&self, pace: Pace, now: Monotonic) -> Allowance {
        let last = self.admitted.back().copied().unwrap_or(0);
        let reset = last.saturating_add(pace.micros()).saturating_sub(now.0);
        Allowance {
            limit: pace.requests,
            remaining: pace.requests.saturating_sub(self.admitted.len()),
            reset: Duration::from_micros(if self.admitted.is_empty() { 0 } else { reset }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop, proptest};

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn pace(requests: usize, seconds: u64) -> Pace {
        Pace { requests, window: Duration::from_secs(seconds) }
    }

    fn at(micros: u64) -> Monotonic {
        Monotonic(1_000 * SECOND + micros)
    }

    #[test]
    fn a_full_window_says_when_it_is_worth_trying_again_and_then_lets_in() {
        let mut window = Window::default();
        assert_eq!(window.admit(pace(2, 10), at(0)).unwrap().remaining, 1);
        assert_eq!(window.admit(pace(2, 10), at(3 * SECOND)).unwrap().remaining, 0);
        let full = window.admit(pace(2, 10), at(4 * SECOND)).unwrap_err();
        assert_eq!(full.retry, Duration::from_secs(6));
        assert_eq!(full.allowance.reset, Duration::from_secs(9));
        assert!(window.admit(pace(2, 10), at(10 * SECOND - 1)).is_err());
        assert!(window.admit(pace(2, 10), at(10 * SECOND)).is_ok());
    }

    #[test]
    fn a_pace_that_became_slower_counts_what_was_let_in_before() {
        let mut window = Window::default();
        for _ in 0..4 {
            window.admit(pace(4, 10), at(0)).unwrap();
        }
        let full = window.admit(pace(1, 10), at(SECOND)).unwrap_err();
        assert_eq!(full.retry, Duration::from_secs(9));
    }

    #[test]
    fn what_was_let_in_before_a_restart_still_counts() {
        let ago = [Duration::from_secs(8), Duration::from_secs(1)];
        let mut window = Window::remembered(at(0), ago);
        assert_eq!(window.admit(pace(2, 10), at(0)).unwrap_err().retry, Duration::from_secs(2));
    }

    fn steps() -> impl Strategy<Value = Vec<u64>> {
        // Many steps of nothing and a few long ones: bursts, and waits about as long as a window.
        let step =
            prop::sample::select(vec![0, 0, 0, 1, 10, 400_000, 999_999, 1_000_000, 2_500_000]);
        prop::collection::vec(step, 1..400)
    }

    proptest! {
        #[test]
        fn no_interval_of_the_windows_length_has_more_than_its_requests(
            steps in steps(),
            requests in 1usize..20,
        ) {
            let pace = pace(requests, 1);
            let mut window = Window::default();
            let (mut now, mut let_in) = (0, Vec::new());
            for step in steps {
                now += step;
                match window.admit(pace, at(now)) {
                    Ok(_) => let_in.push(now),
                    Err(full) => {
                        // It is not refused for nothing: the window really is full.
                        let young = let_in.iter().filter(|at| now - **at < SECOND).count();
                        assert_eq!(young, requests);
                        assert!(full.retry > Duration::ZERO);
                        assert!(window.clone().admit(pace, at(now + full.retry.as_micros() as u64)).is_ok());
                    }
                }
            }
            for (index, first) in let_in.iter().enumerate() {
                let within = let_in[index..].iter().filter(|at| **at - first < SECOND).count();
                assert!(within <= requests, "{within} from {first} on");
            }
        }
    }
}
