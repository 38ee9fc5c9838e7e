//! Whether a provider is to be asked at all: after some failures in a row it rests, then one call shows
//! whether it is back, then more and more may follow.

use crate::clock::Monotonic;

use super::rate::{ALL, Rate};
use super::traffic::Went;
use super::{SECOND, later};

/// What an operator can set of it. Times are in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The choice between two that are able changes at most once in so long.
    pub settle: u64,
    /// After so many failures in a row a provider rests.
    pub failures: u32,
    /// How long it rests at first, and twice as long each time that it fails again.
    pub rest: u64,
    /// How long it rests at most.
    pub longest_rest: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { settle: 2 * SECOND, failures: 3, rest: SECOND, longest_rest: 30 * SECOND }
    }
}

/// How many calls at once a provider that is back gets at first; each one that ends well lets in one
/// more, so that their number doubles with every round.
const FIRST_BACK: u32 = 2;

/// Who takes so many at once without trouble is well.
const ENOUGH: u32 = 64;

/// How long a provider rests that refuses our credential; twice as long each time, up to the other.
const REFUSED: u64 = 30 * SECOND;
const LONGEST_REFUSED: u64 = 600 * SECOND;

/// Who fails again this soon after being well rests longer than before.
const RELAPSE: u64 = 60 * SECOND;

/// From so many failures of a thousand on a provider rests, if that many exchanges are known.
const BROKEN: u32 = ALL / 2;
const KNOWN: u32 = 10;

/// From so many of a thousand on it is asked after all others, until there are fewer than that.
const UNWELL: u32 = 300;
const WELL: u32 = 150;

/// How a provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It answers.
    Well,
    /// It fails too often; others are asked first.
    Unwell,
    /// It rested long enough: the next call shows whether it is back.
    Due,
    /// It is back, and gets more and more calls.
    Recovering,
    /// It failed, and is asked only where nobody else is left.
    Resting,
    /// It refuses the gateway's own credential, and is not asked.
    Refused,
}

impl Health {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Unwell => "unwell",
            Self::Due => "due",
            Self::Recovering => "recovering",
            Self::Resting => "resting",
            Self::Refused => "refused",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    Resting { until: Monotonic, refused: bool },
    Probing { refused: bool },
    Recovering { allowed: u32 },
}

/// See the module's words.
#[derive(Debug, Clone)]
pub(super) struct Breaker {
    state: State,
    /// Since when it is in that state. What began before says nothing of it.
    since: Monotonic,
    in_a_row: u32,
    /// How often it failed again.
    times: u32,
    rate: Rate,
    unwell: bool,
    /// Whether it failed before it was well.
    recovered: bool,
}

impl Breaker {
    /// Nothing is known of it, and what began before now says nothing.
    pub(super) fn new(now: Monotonic) -> Self {
        Self {
            state: State::Well,
            since: now,
            in_a_row: 0,
            times: 0,
            rate: Rate::default(),
            unwell: false,
            recovered: false,
        }
    }

    pub(super) fn health(&self, now: Monotonic) -> Health {
        match self.state {
            State::Well if self.unwell && self.rate.at(now) >= WELL => Health::Unwell,
            State::Well => Health::Well,
            State::Resting { until, .. } if now >= until => Health::Due,
            State::Resting { refused: true, .. } | State::Probing { refused: true } => {
                Health::Refused
            }
            State::Resting { .. } | State::Probing { .. } => Health::Resting,
            State::Recovering { .. } => Health::Recovering,
        }
    }

    /// How many calls may run there at once while it recovers.
    pub(super) fn allowed(&self) -> u32 {
        match self.state {
            State::Recovering { allowed } => allowed,
            State::Well | State::Resting { .. } | State::Probing { .. } => u32::MAX,
        }
    }

    /// How many of a thousand fail.
    pub(super) fn failing(&self, now: Monotonic) -> u32 {
        self.rate.at(now)
    }

    /// When it may be asked again, while it rests.
    pub(super) fn rests_until(&self) -> Option<Monotonic> {
        match self.state {
            State::Resting { until, .. } => Some(until),
            State::Well | State::Probing { .. } | State::Recovering { .. } => None,
        }
    }

    /// An exchange begins. Says whether it is the one that shows whether the provider is back.
    pub(super) fn begin(&mut self, now: Monotonic) -> bool {
        match self.state {
            State::Resting { until, refused } if now >= until => {
                self.go(State::Probing { refused }, now);
                true
            }
            _ => false,
        }
    }

    /// A reply has begun.
    pub(super) fn answered(&mut self, began: Monotonic, now: Monotonic) {
        let rested = matches!(self.state, State::Resting { .. } | State::Probing { .. });
        if rested && began >= self.since {
            self.in_a_row = 0;
            self.go(State::Recovering { allowed: FIRST_BACK }, now);
        }
    }

    /// An exchange has ended. `most` is how many calls the provider takes at once.
    pub(super) fn ended(
        &mut self,
        (began, probe): (Monotonic, bool),
        went: Went,
        most: u32,
        rules: &Rules,
        now: Monotonic,
    ) {
        let of_this_state = probe || began >= self.since;
        match went {
            Went::Unknown | Went::Asked { .. } | Went::Aside { .. } => {
                // Whether it is back is not known; the next call is to show it.
                if probe && let State::Probing { refused } = self.state {
                    self.state = State::Resting { until: now, refused };
                }
            }
            Went::Well => {
                self.in_a_row = 0;
                self.count(false, now);
                self.answered(began, now);
                if let State::Recovering { allowed } = self.state
                    && of_this_state
                {
                    let allowed = allowed.saturating_add(1);
                    if allowed >= most.min(ENOUGH) {
                        // A fresh start: what went before is paid for.
                        (self.rate, self.unwell, self.recovered) = (Rate::default(), false, true);
                        self.go(State::Well, now);
                    } else {
                        self.state = State::Recovering { allowed };
                    }
                }
            }
            Went::Badly if of_this_state => {
                self.in_a_row = self.in_a_row.saturating_add(1);
                self.count(true, now);
                if self.is_over(of_this_state, probe, rules, now) {
                    self.rest(rules, now);
                }
            }
            Went::Refused if of_this_state => self.refuse(now),
            // It began under other conditions.
            Went::Badly | Went::Refused => {}
        }
    }

    fn count(&mut self, failed: bool, now: Monotonic) {
        self.rate.take(failed, now);
        let rate = self.rate.at(now);
        self.unwell = if self.unwell { rate >= WELL } else { rate >= UNWELL };
    }

    /// Whether a failure is one too many.
    fn is_over(&self, of_this_state: bool, probe: bool, rules: &Rules, now: Monotonic) -> bool {
        let too_often = self.rate.samples() >= KNOWN && self.rate.at(now) >= BROKEN;
        match self.state {
            State::Well => self.in_a_row >= rules.failures || too_often,
            State::Recovering { .. } => of_this_state,
            State::Probing { .. } => probe,
            State::Resting { until, .. } => of_this_state && now >= until,
        }
    }

    fn rest(&mut self, rules: &Rules, now: Monotonic) {
        let relapsed = match self.state {
            State::Well => self.recovered && now.micros_since(self.since) < RELAPSE,
            _ => true,
        };
        self.times = if relapsed { self.times.saturating_add(1) } else { 0 };
        let until = later(now, doubled(rules.rest, self.times, rules.longest_rest));
        self.go(State::Resting { until, refused: false }, now);
    }

    fn refuse(&mut self, now: Monotonic) {
        let again = match self.state {
            State::Resting { refused, .. } | State::Probing { refused } => refused,
            State::Well | State::Recovering { .. } => false,
        };
        self.times = if again { self.times.saturating_add(1) } else { 0 };
        let until = later(now, doubled(REFUSED, self.times, LONGEST_REFUSED));
        self.go(State::Resting { until, refused: true }, now);
    }

    fn go(&mut self, state: State, now: Monotonic) {
        self.state = state;
        self.since = now;
    }
}

/// So long, doubled so many times, but no longer than `most`.
fn doubled(micros: u64, times: u32, most: u64) -> u64 {
    micros.saturating_mul(1_u64.checked_shl(times).unwrap_or(u64::MAX)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules =
        Rules { settle: SECOND, failures: 3, rest: SECOND, longest_rest: 4 * SECOND };

    fn exchange(breaker: &mut Breaker, went: Went, now: Monotonic) {
        let probe = breaker.begin(now);
        breaker.ended((now, probe), went, 8, &RULES, now);
    }

    #[test]
    fn it_rests_after_three_failures_and_longer_each_time() {
        let mut breaker = Breaker::new(Monotonic(0));
        let mut now = Monotonic(100 * SECOND);
        for health in [Health::Well, Health::Well, Health::Resting] {
            exchange(&mut breaker, Went::Badly, now);
            assert_eq!(breaker.health(now).as_str(), health.as_str());
        }
        for seconds in [1, 2, 4, 4] {
            now = Monotonic(now.0 + seconds * SECOND - 1);
            assert_eq!(breaker.health(now), Health::Resting);
            now = Monotonic(now.0 + 1);
            assert_eq!(breaker.health(now), Health::Due);
            assert!(breaker.begin(now), "one call may try");
            assert!(!breaker.begin(now), "and no other");
            breaker.ended((now, true), Went::Badly, 8, &RULES, now);
        }
    }

    #[test]
    fn it_comes_back_by_and_by() {
        let mut breaker = Breaker::new(Monotonic(0));
        let now = Monotonic(100 * SECOND);
        (0..3).for_each(|_| exchange(&mut breaker, Went::Badly, now));
        let now = Monotonic(102 * SECOND);
        assert!(breaker.begin(now));
        breaker.answered(now, now);
        assert_eq!((breaker.health(now), breaker.allowed()), (Health::Recovering, 2));
        breaker.ended((now, true), Went::Well, 8, &RULES, now);
        assert_eq!(breaker.allowed(), 3);
        (0..5).for_each(|_| exchange(&mut breaker, Went::Well, now));
        assert_eq!(breaker.health(now), Health::Well);
        (0..3).for_each(|_| exchange(&mut breaker, Went::Badly, now));
        let until = breaker.rests_until();
        assert_eq!(until, Some(Monotonic(now.0 + 2 * SECOND)), "it failed again soon");
    }

    #[test]
    fn what_began_before_the_rest_does_not_end_it() {
        let mut breaker = Breaker::new(Monotonic(0));
        let early = Monotonic(99 * SECOND);
        let now = Monotonic(100 * SECOND);
        (0..3).for_each(|_| exchange(&mut breaker, Went::Badly, now));
        breaker.answered(early, now);
        breaker.ended((early, false), Went::Well, 8, &RULES, now);
        breaker.ended((early, false), Went::Badly, 8, &RULES, now);
        assert_eq!(breaker.rests_until(), Some(Monotonic(101 * SECOND)));
    }

    #[test]
    fn a_caller_who_leaves_says_nothing() {
        let mut breaker = Breaker::new(Monotonic(0));
        let now = Monotonic(100 * SECOND);
        (0..3).for_each(|_| exchange(&mut breaker, Went::Badly, now));
        let now = Monotonic(101 * SECOND);
        exchange(&mut breaker, Went::Unknown, now);
        assert_eq!(breaker.health(now), Health::Due);
    }

    #[test]
    fn who_refuses_our_credential_is_not_asked_for_long() {
        let mut breaker = Breaker::new(Monotonic(0));
        exchange(&mut breaker, Went::Refused, Monotonic(0));
        assert_eq!(breaker.health(Monotonic(29 * SECOND)), Health::Refused);
        assert_eq!(breaker.health(Monotonic(30 * SECOND)), Health::Due);
        exchange(&mut breaker, Went::Refused, Monotonic(30 * SECOND));
        assert_eq!(breaker.health(Monotonic(89 * SECOND)), Health::Refused);
    }

    #[test]
    fn who_fails_every_other_time_rests_too() {
        let mut breaker = Breaker::new(Monotonic(0));
        let now = Monotonic(0);
        for round in 0..60 {
            exchange(&mut breaker, if round % 3 == 0 { Went::Well } else { Went::Badly }, now);
            if breaker.health(now) == Health::Resting {
                return;
            }
        }
        panic!("{}", breaker.failing(now));
    }
}
