//! All providers, and which of them gets the next call.

use std::collections::BTreeMap;

use crate::clock::Monotonic;
use crate::directory::{Location, Seat};

use super::breaker::{Breaker, Health, Rules};
use super::candidate::{Candidate, Reason, Score, Verdict};
use super::load::{Load, Machine};
use super::pair::Pair;
use super::policy::Policy;
use super::traffic::{Concurrency, Traffic, Turn, Went};

/// A provider, as far as the choice depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    /// Whether it is on this very machine.
    pub here: bool,
    /// How many calls it is given at once.
    pub concurrency: Concurrency,
    /// Whether it is another than before, so that nothing is known of how it is.
    pub is_mended: bool,
}

/// What a choice is made for.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// How.
    pub policy: Policy,
    /// What is asked for: all calls of one group choose among the same providers.
    pub group: u32,
    /// Whether a stream is wanted.
    pub streams: bool,
}

/// What a look for a place found.
#[derive(Debug)]
pub enum Found {
    /// A place, at the candidate of this index.
    Turn(usize, Turn),
    /// All places are taken, but one may wait for one.
    Full,
    /// Nobody is left.
    Nobody,
}

/// Somebody who waited, and need wait no more.
#[derive(Debug)]
pub struct Woken<W> {
    /// Who.
    pub who: W,
    /// The place; where there is none, it has to look anew.
    pub turn: Option<Turn>,
}

/// How a provider stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How it is.
    pub health: Health,
    /// When it may be asked again, while it rests.
    pub rests_until: Option<Monotonic>,
    /// Calls that run there.
    pub in_flight: u32,
    /// Calls that wait for a place there.
    pub waiting: u32,
    /// How many of a thousand exchanges failed lately.
    pub failing: u32,
    /// Whether it is on this machine, and that is busy.
    pub busy: bool,
}

/// The one who is asked first, as long as nothing speaks against it: without that the choice between two
/// who are alike would go to and fro.
#[derive(Debug, Clone, Copy)]
struct Leader {
    provider: u32,
    since: Monotonic,
}

#[derive(Debug)]
struct Waiter<W> {
    who: W,
    seats: Vec<Seat>,
    streams: bool,
}

/// See the module's words. `W` is whatever a waiting call is woken by.
#[derive(Debug)]
pub struct Dispatcher<W> {
    rules: Rules,
    machine: Machine,
    traffic: Vec<Traffic>,
    pairs: Vec<Pair>,
    leaders: Vec<[Option<Leader>; Policy::ALL.len()]>,
    waiting: BTreeMap<u64, Waiter<W>>,
    tickets: u64,
}

/// Digits of a score: who is ill is asked after all others, and who rests after those; who is at its
/// optimum comes after those who are not, and who is elsewhere after those who are near.
const ILL: u64 = 100;
const BUSY: u64 = 10;
const ELSEWHERE: u64 = 1;
/// The first of them where something is measured, which may come to many digits.
const MEASURED_ILL: u64 = 3_000_000_000_000_000;
/// Where latency counts: who is at its optimum comes after all that are not.
const SLOW: u64 = 1_000_000_000_000_000;
/// The greatest cost, in nano-units, and latency, in microseconds, that are told apart.
const DEAREST: u64 = 100_000_000_000_000;

/// Another one leads only if it is faster by one part of so many.
const FASTER: u64 = 5;

impl<W> Default for Dispatcher<W> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W> Dispatcher<W> {
    /// Nobody is there yet.
    pub fn new() -> Self {
        Self {
            rules: Rules::default(),
            machine: Machine::default(),
            traffic: Vec::new(),
            pairs: Vec::new(),
            leaders: Vec::new(),
            waiting: BTreeMap::new(),
            tickets: 0,
        }
    }

    /// Takes in what the operator's file says, each post under its provider's number. `pairs` and
    /// `groups` are how many of them have a number. What runs goes on to be counted; whoever waits for a
    /// place that there is now is to be woken.
    pub fn settle(
        &mut self,
        rules: Rules,
        posts: &[(u32, Post)],
        (pairs, groups): (usize, usize),
        now: Monotonic,
    ) -> Vec<Woken<W>> {
        self.rules = rules;
        for (number, post) in posts {
            let at = *number as usize;
            if self.traffic.len() <= at {
                self.traffic.resize_with(at + 1, || Traffic::of(post));
            }
            if let Some(traffic) = self.traffic.get_mut(at) {
                traffic.here = post.here;
                traffic.concurrency = post.concurrency;
                if post.is_mended {
                    traffic.breaker = Breaker::new(now);
                    // What its models were like is not known any more, either.
                    let own = self.pairs.iter_mut().filter(|pair| pair.is_of(*number));
                    own.for_each(|pair| *pair = Pair::default());
                }
            }
        }
        self.pairs.resize_with(self.pairs.len().max(pairs), Pair::default);
        self.leaders.resize(self.leaders.len().max(groups), [None; Policy::ALL.len()]);
        let all = posts.iter().map(|(number, _)| *number).collect::<Vec<_>>();
        all.into_iter().flat_map(|number| self.hand_over(number, now)).collect()
    }

    /// How much of this machine is in use.
    pub fn measured(&mut self, load: Load, now: Monotonic) {
        self.machine.measured(load, now);
    }

    /// What was measured last.
    pub fn load(&self) -> Load {
        self.machine.load()
    }

    /// How a provider stands.
    pub fn standing(&self, provider: u32, now: Monotonic) -> Option<Standing> {
        let traffic = self.traffic.get(provider as usize)?;
        Some(Standing {
            health: traffic.breaker.health(now),
            rests_until: traffic.breaker.rests_until(),
            in_flight: traffic.in_flight,
            waiting: u32::try_from(traffic.queue.len()).unwrap_or(u32::MAX),
            failing: traffic.breaker.failing(now),
            busy: self.is_busy(traffic, now),
        })
    }

    /// How long a reply takes to begin, in microseconds, where that is known.
    pub fn latency(&self, seat: Seat, streams: bool) -> Option<u64> {
        self.pairs.get(seat.pair as usize)?.latency(streams)
    }

    /// The least time until a candidate may be asked that wants no calls now, in microseconds.
    pub fn waits(&self, candidates: &[Candidate], now: Monotonic) -> Option<u64> {
        let wait = |it: &Candidate| {
            let until = match it.verdict {
                Verdict::Out(Reason::Wait) => {
                    self.pairs.get(it.seat.pair as usize)?.waits_until(now)
                }
                Verdict::Out(Reason::Credential) => {
                    self.traffic.get(it.seat.provider as usize)?.breaker.rests_until()
                }
                _ => None,
            };
            until.map(|until| until.micros_since(now))
        };
        candidates.iter().filter_map(wait).min()
    }

    /// Puts the candidates into the order in which they are to be asked, those that are not to be asked
    /// at the end, each with its score or the reason. Nothing is taken by that.
    pub fn rank(&self, ask: Ask, candidates: &mut [Candidate], now: Monotonic) {
        self.order(ask, candidates, now);
    }

    /// The same. Gives who leads from now on, if that is another.
    fn order(&self, ask: Ask, candidates: &mut [Candidate], now: Monotonic) -> Option<u32> {
        for candidate in candidates.iter_mut() {
            match candidate.verdict {
                Verdict::Out(reason) if !reason.passes() => {}
                _ => candidate.verdict = self.verdict(ask, candidate, now),
            }
        }
        // Those who are alike stay in the order of the file.
        candidates.sort_unstable_by_key(|it| match it.verdict {
            Verdict::Ranked(score) => (false, score, it.place),
            Verdict::Out(_) => (true, Score::default(), it.place),
        });
        self.lead(ask, candidates, now)
    }

    /// Takes a place at the first candidate that has one.
    pub fn take(&mut self, ask: Ask, candidates: &mut [Candidate], now: Monotonic) -> Found {
        if let Some(leader) = self.order(ask, candidates, now) {
            self.set_leader(ask, leader, now);
        }
        match candidates.first() {
            Some(first) if first.is_in() => {
                Found::Turn(0, self.begin(first.seat, ask.streams, now))
            }
            _ if self.may_wait(candidates) => Found::Full,
            _ => Found::Nobody,
        }
    }

    /// Whether a call may wait for a place at any of them.
    pub fn may_wait(&self, candidates: &[Candidate]) -> bool {
        candidates.iter().any(|it| self.may_wait_at(it))
    }

    /// Waits for a place at any candidate that is full and lets calls wait. Gives the ticket to leave
    /// with.
    ///
    /// # Errors
    /// `who`, where there is none.
    pub fn wait(&mut self, ask: Ask, candidates: &[Candidate], who: W) -> Result<u64, W> {
        let seats: Vec<Seat> =
            candidates.iter().filter(|it| self.may_wait_at(it)).map(|it| it.seat).collect();
        if seats.is_empty() {
            return Err(who);
        }
        self.tickets += 1;
        let ticket = self.tickets;
        for seat in &seats {
            if let Some(traffic) = self.traffic.get_mut(seat.provider as usize) {
                traffic.queue.push_back(ticket);
            }
        }
        self.waiting.insert(ticket, Waiter { who, seats, streams: ask.streams });
        Ok(ticket)
    }

    /// Waits no more.
    pub fn leave(&mut self, ticket: u64) {
        if let Some(waiter) = self.waiting.remove(&ticket) {
            self.strike(ticket, &waiter.seats);
        }
    }

    /// The reply of an exchange has begun, so many microseconds after the request went out.
    pub fn answered(&mut self, turn: &Turn, streams: bool, micros: u64, now: Monotonic) {
        if let Some(pair) = self.pairs.get_mut(turn.seat.pair as usize) {
            pair.answered(streams, micros, now);
        }
        if let Some(traffic) = self.traffic.get_mut(turn.seat.provider as usize) {
            traffic.breaker.answered(turn.began, now);
        }
    }

    /// An exchange is over. Whoever waits for its place is to be woken.
    pub fn ended(&mut self, turn: Turn, went: Went, now: Monotonic) -> Vec<Woken<W>> {
        let Turn { seat, began, probe } = turn;
        if let Some(pair) = self.pairs.get_mut(seat.pair as usize) {
            match went {
                Went::Asked { wait } => pair.wait(wait, now),
                Went::Aside { wait } => pair.set_aside(wait, now),
                Went::Well | Went::Badly | Went::Refused | Went::Unknown => {}
            }
        }
        let Some(traffic) = self.traffic.get_mut(seat.provider as usize) else {
            return Vec::new();
        };
        traffic.in_flight = traffic.in_flight.saturating_sub(1);
        let most = traffic.concurrency.max;
        traffic.breaker.ended((began, probe), went, most, &self.rules, now);
        if traffic.queue.is_empty() { Vec::new() } else { self.hand_over(seat.provider, now) }
    }

    /// Gives free places to those who wait for them, in the order in which they came. Who waits for one
    /// that rests is to look for another.
    fn hand_over(&mut self, provider: u32, now: Monotonic) -> Vec<Woken<W>> {
        let mut woken = Vec::new();
        while let Some(traffic) = self.traffic.get(provider as usize) {
            let health = traffic.breaker.health(now);
            let rests = matches!(health, Health::Resting | Health::Refused);
            if !rests && (!traffic.has_room() || traffic.is_held_back(health)) {
                break;
            }
            let Some(ticket) = traffic.queue.front().copied() else { break };
            let Some(waiter) = self.waiting.remove(&ticket) else { break };
            self.strike(ticket, &waiter.seats);
            let seat = waiter.seats.iter().find(|seat| seat.provider == provider).copied();
            let is_able = |seat: &Seat| !rests && !self.is_put_off(*seat, now);
            let turn = seat.filter(is_able).map(|seat| self.begin(seat, waiter.streams, now));
            woken.push(Woken { who: waiter.who, turn });
        }
        woken
    }

    fn strike(&mut self, ticket: u64, seats: &[Seat]) {
        for seat in seats {
            if let Some(traffic) = self.traffic.get_mut(seat.provider as usize) {
                traffic.queue.retain(|waiting| *waiting != ticket);
            }
        }
    }

    fn begin(&mut self, seat: Seat, streams: bool, now: Monotonic) -> Turn {
        let mut probe = false;
        if let Some(traffic) = self.traffic.get_mut(seat.provider as usize) {
            traffic.in_flight = traffic.in_flight.saturating_add(1);
            probe = traffic.breaker.begin(now);
        }
        if let Some(pair) = self.pairs.get_mut(seat.pair as usize) {
            pair.asked(seat.provider, streams, now);
        }
        Turn { seat, began: now, probe }
    }

    fn may_wait_at(&self, candidate: &Candidate) -> bool {
        let is_full = candidate.verdict == Verdict::Out(Reason::Full);
        is_full
            && self
                .traffic
                .get(candidate.seat.provider as usize)
                .is_some_and(|traffic| traffic.queue.len() < traffic.concurrency.queue as usize)
    }

    /// Whether the machine that it is on has too much to do. Who has an optimum is judged by that: its
    /// operator knows what the machine can bear.
    /// Whether the provider wants no calls for this model, or others are to be asked first.
    fn is_put_off(&self, seat: Seat, now: Monotonic) -> bool {
        let pair = self.pairs.get(seat.pair as usize);
        pair.is_some_and(|pair| pair.waits_until(now).is_some() || pair.is_aside(now))
    }

    fn is_busy(&self, traffic: &Traffic, now: Monotonic) -> bool {
        let is_measured = traffic.here && traffic.concurrency.optimal == u32::MAX;
        is_measured && self.machine.is_busy(now)
    }

    fn verdict(&self, ask: Ask, candidate: &Candidate, now: Monotonic) -> Verdict {
        let Seat { provider, pair } = candidate.seat;
        let Some(traffic) = self.traffic.get(provider as usize) else {
            return Verdict::Out(Reason::Policy);
        };
        let Some(pair) = self.pairs.get(pair as usize) else {
            return Verdict::Out(Reason::Policy);
        };
        let is_local = candidate.location == Location::Local;
        let is_meant = ask.policy.lets(candidate.location, candidate.here);
        let health = traffic.breaker.health(now);
        let out = if !is_meant {
            Some(Reason::Policy)
        } else if health == Health::Refused {
            Some(Reason::Credential)
        } else if pair.waits_until(now).is_some() {
            Some(Reason::Wait)
        } else if !traffic.has_room() || !traffic.queue.is_empty() {
            // Nobody passes those who wait.
            Some(Reason::Full)
        } else {
            None
        };
        if let Some(reason) = out {
            return Verdict::Out(reason);
        }
        let ill = match health {
            _ if pair.is_aside(now) || traffic.is_held_back(health) => 2,
            Health::Unwell => 1,
            _ => 0,
        };
        let is_busy = traffic.is_at_optimum() || self.is_busy(traffic, now);
        let busy = u64::from(is_busy);
        let (scale, rest) = match ask.policy {
            Policy::Default => (ILL, busy * BUSY + u64::from(!is_local) * ELSEWHERE),
            Policy::AlwaysLocal | Policy::AlwaysRemote | Policy::Private => (ILL, busy * BUSY),
            Policy::LeastCost => {
                let nanos = candidate.cost.map(|cost| u64::try_from(cost.nanos()));
                let nanos = nanos.and_then(Result::ok).unwrap_or(DEAREST).min(DEAREST);
                (MEASURED_ILL, nanos * BUSY + busy)
            }
            Policy::LeastLatency => {
                let known = pair.latency(ask.streams).unwrap_or(DEAREST).min(DEAREST);
                let is_curious = busy == 0 && pair.is_curious(ask.streams, now);
                (MEASURED_ILL, busy * SLOW + if is_curious { 0 } else { known })
            }
        };
        Verdict::Ranked(Score(ill * scale + rest))
    }

    /// Lets the one who was asked first be asked first again, unless another is better for long enough.
    /// Gives who leads from now on, if that is another.
    fn lead(&self, ask: Ask, candidates: &mut [Candidate], now: Monotonic) -> Option<u32> {
        // What a call costs is its own, and no matter of habit.
        if ask.policy == Policy::LeastCost {
            return None;
        }
        let first = candidates.first().filter(|it| it.is_in())?;
        let best = first.seat.provider;
        let leader = self.leaders.get(ask.group as usize)?.get(ask.policy.index())?;
        // A call that not all can serve says nothing of who is best.
        let is_own = |it: &Candidate| matches!(it.verdict, Verdict::Out(reason) if reason.is_own());
        let new = (!candidates.iter().any(is_own)).then_some(best);
        let Some(leader) = *leader else { return new };
        // One call that finds something out is no change of mind.
        if leader.provider == best || !self.is_well(best, now) || self.is_curious(ask, first, now) {
            return None;
        }
        // It may be not for this call.
        let at = candidates.iter().position(|it| it.seat.provider == leader.provider)?;
        let is_better = match candidates.get(at)?.verdict {
            // It has no place now, or is not meant; that is no reason to think otherwise of it.
            Verdict::Out(reason) if reason == Reason::Full || !reason.passes() => return None,
            Verdict::Out(_) => return new,
            Verdict::Ranked(_) if !self.is_well(leader.provider, now) => return new,
            Verdict::Ranked(_) if self.is_put_off(candidates.get(at)?.seat, now) => return new,
            Verdict::Ranked(_) if self.is_at_optimum(leader.provider) => return None,
            Verdict::Ranked(score) => ask.policy != Policy::LeastLatency || is_faster(first, score),
        };
        if is_better && now.micros_since(leader.since) >= self.rules.settle {
            return new;
        }
        if let Some(passed) = candidates.get_mut(..=at) {
            passed.rotate_right(1);
        }
        None
    }

    fn is_curious(&self, ask: Ask, candidate: &Candidate, now: Monotonic) -> bool {
        let pair = self.pairs.get(candidate.seat.pair as usize);
        ask.policy == Policy::LeastLatency
            && pair.is_some_and(|pair| pair.is_curious(ask.streams, now))
    }

    fn set_leader(&mut self, ask: Ask, provider: u32, now: Monotonic) {
        if let Some(leaders) = self.leaders.get_mut(ask.group as usize) {
            leaders[ask.policy.index()] = Some(Leader { provider, since: now });
        }
    }

    fn is_well(&self, provider: u32, now: Monotonic) -> bool {
        let traffic = self.traffic.get(provider as usize);
        traffic.is_some_and(|traffic| traffic.breaker.health(now) == Health::Well)
    }

    fn is_at_optimum(&self, provider: u32) -> bool {
        self.traffic.get(provider as usize).is_some_and(Traffic::is_at_optimum)
    }

    /// Who is asked first.
    #[cfg(test)]
    pub(super) fn leader(&self, group: u32, policy: Policy) -> Option<u32> {
        self.leaders[group as usize][policy.index()].map(|leader| leader.provider)
    }
}

/// Whether it is so much faster than another that it is worth a change.
fn is_faster(candidate: &Candidate, other: Score) -> bool {
    match candidate.verdict {
        Verdict::Ranked(Score(own)) => own.saturating_add(own / FASTER) < other.0,
        Verdict::Out(_) => false,
    }
}
