//! Providers that do as they are planned to, and callers who come at random.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clock::Monotonic;
use crate::directory::{Location, Seat};
use crate::money::Amount;
use crate::routing::candidate::{Candidate, Reason, Score, Verdict};
use crate::routing::dispatcher::{Ask, Dispatcher, Found, Post};
use crate::routing::load::Load;
use crate::routing::policy::Policy;
use crate::routing::traffic::{Concurrency, Turn, Went};
use crate::routing::{Health, Rules};

/// How long a call waits for a provider that says nothing.
const PATIENCE: u64 = 2_000_000;

/// How soon one who is not there is found not to be.
const REFUSAL: u64 = 500;

/// What a provider is like.
pub(super) struct Plan {
    pub(super) location: Location,
    /// How long its answers take.
    pub(super) latency: u64,
    pub(super) concurrency: Concurrency,
    pub(super) spells: Vec<Spell>,
}

/// A time in which it is otherwise.
pub(super) struct Spell {
    pub(super) from: u64,
    pub(super) until: u64,
    pub(super) state: State,
}

/// How it is then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    /// As it should be.
    Well,
    /// Nobody is there.
    Down,
    /// So many of a thousand calls fail.
    Failing { thousandths: u64 },
    /// There and not there, by turns.
    Flapping { period: u64 },
    /// So many times as slow.
    Slow { times: u64 },
    /// It takes calls and says nothing.
    Hanging,
}

impl Plan {
    pub(super) fn state(&self, at: u64) -> State {
        let now = self.spells.iter().find(|spell| spell.from <= at && at < spell.until);
        now.map_or(State::Well, |spell| spell.state)
    }

    /// Whether a call that comes now is answered.
    pub(super) fn answers(&self, at: u64) -> bool {
        match self.state(at) {
            State::Well | State::Slow { .. } => true,
            State::Flapping { period } => (at / period).is_multiple_of(2),
            State::Down | State::Failing { .. } | State::Hanging => false,
        }
    }
}

enum Event {
    /// A caller comes.
    Call,
    /// An exchange is over.
    Over { call: usize, turn: Turn, went: Went, took: u64 },
    /// The load of this machine is measured.
    Measure { busy: bool },
}

struct Due {
    at: u64,
    order: u64,
    event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

pub(super) struct World {
    pub(super) plans: Vec<Plan>,
    pub(super) dispatcher: Dispatcher<usize>,
    pub(super) ask: Ask,
    pub(super) calls: usize,
    pub(super) failed: usize,
    pub(super) first_failure: Option<(u64, Vec<Candidate>)>,
    pub(super) waited: usize,
    pub(super) served_after_waiting: Vec<usize>,
    /// When another one came to be asked first though the one before was well.
    pub(super) changes: Vec<u64>,
    leader: Option<u32>,
    begun: Vec<Vec<u64>>,
    /// What each call has tried.
    candidates: Vec<Vec<Candidate>>,
    events: BinaryHeap<Reverse<Due>>,
    order: u64,
    random: u64,
}

impl World {
    pub(super) fn new(seed: u64, policy: Policy, rules: Rules, plans: Vec<Plan>) -> Self {
        let post = |plan: &Plan| Post {
            here: plan.location == Location::Local,
            concurrency: plan.concurrency,
            is_mended: false,
        };
        let posts: Vec<(u32, Post)> = (0..).zip(plans.iter().map(post)).collect();
        let mut dispatcher = Dispatcher::new();
        dispatcher.settle(rules, &posts, (plans.len(), 1), Monotonic(0));
        Self {
            dispatcher,
            ask: Ask { policy, group: 0, streams: true },
            begun: plans.iter().map(|_| Vec::new()).collect(),
            plans,
            calls: 0,
            failed: 0,
            first_failure: None,
            waited: 0,
            served_after_waiting: Vec::new(),
            changes: Vec::new(),
            leader: None,
            candidates: Vec::new(),
            events: BinaryHeap::new(),
            order: 0,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995,
        }
    }

    /// This machine is busy and not busy by turns.
    pub(super) fn machine_is_busy_every(&mut self, micros: u64) {
        for turn in 0..(60_000_000 / micros) {
            self.plan(turn * micros, Event::Measure { busy: turn % 2 == 0 });
        }
    }

    /// Lets callers come for so long, one every so many microseconds on average.
    pub(super) fn live(&mut self, until: u64, between: u64) {
        let mut at = 1;
        while at < until {
            self.plan(at, Event::Call);
            at += 1 + self.below(2 * between);
        }
        while let Some(Reverse(due)) = self.events.pop() {
            let now = due.at;
            match due.event {
                Event::Call => {
                    let call = self.candidates.len();
                    let new = (0..).zip(&self.plans).map(|(number, plan)| {
                        let seat = Seat { provider: number, pair: number };
                        let cost = Some(Amount::from_nanos(i128::from(plan.latency)));
                        let location = plan.location;
                        Candidate {
                            seat,
                            place: number,
                            location,
                            here: location == Location::Local,
                            cost,
                            verdict: Verdict::Ranked(Score::default()),
                        }
                    });
                    self.candidates.push(new.collect());
                    self.calls += 1;
                    self.dispatch(call, now);
                }
                Event::Over { call, turn, went, took } => self.over(call, turn, went, took, now),
                Event::Measure { busy } => {
                    let load = Load { cpu: Some(if busy { 1000 } else { 0 }), ..Load::default() };
                    self.dispatcher.measured(load, Monotonic(now));
                }
            }
            self.check(now);
        }
    }

    /// When calls began at a provider, between these moments.
    pub(super) fn begun(&self, provider: usize, from: u64, until: u64) -> Vec<u64> {
        self.begun[provider].iter().copied().filter(|at| (from..until).contains(at)).collect()
    }

    fn dispatch(&mut self, call: usize, now: u64) {
        let mut candidates = std::mem::take(&mut self.candidates[call]);
        let found = self.dispatcher.take(self.ask, &mut candidates, Monotonic(now));
        self.note_leader(now);
        match found {
            Found::Turn(index, turn) => {
                candidates[index].verdict = Verdict::Out(Reason::Tried);
                self.candidates[call] = candidates;
                self.begin(call, turn, now);
            }
            Found::Full => {
                self.dispatcher.wait(self.ask, &candidates, call).unwrap();
                self.waited += 1;
                self.candidates[call] = candidates;
            }
            Found::Nobody => {
                self.failed += 1;
                self.first_failure.get_or_insert((now, candidates));
            }
        }
    }

    fn begin(&mut self, call: usize, turn: Turn, now: u64) {
        let number = turn.seat().provider as usize;
        self.begun[number].push(now);
        let noise = 750 + self.below(500);
        let chance = self.below(1000);
        let plan = &self.plans[number];
        let usual = plan.latency * noise / 1000;
        let (took, went) = match plan.state(now) {
            State::Slow { times } => (usual * times, Went::Well),
            State::Hanging => (PATIENCE, Went::Badly),
            State::Failing { thousandths } if chance < thousandths => (usual, Went::Badly),
            State::Failing { .. } => (usual, Went::Well),
            _ if plan.answers(now) => (usual, Went::Well),
            _ => (REFUSAL, Went::Badly),
        };
        // Who dies takes those along that it is answering.
        let dies =
            |spell: &Spell| spell.state == State::Down && (now..now + took).contains(&spell.from);
        let (took, went) = match plan.spells.iter().find(|spell| dies(spell)) {
            Some(spell) => (spell.from - now, Went::Badly),
            None => (took, went),
        };
        self.plan(now + took, Event::Over { call, turn, went, took });
    }

    fn over(&mut self, call: usize, turn: Turn, went: Went, took: u64, now: u64) {
        if went == Went::Well {
            self.dispatcher.answered(&turn, true, took, Monotonic(now));
        }
        let woken = self.dispatcher.ended(turn, went, Monotonic(now));
        for one in woken {
            match one.turn {
                Some(turn) => {
                    self.served_after_waiting.push(one.who);
                    let seat = turn.seat();
                    let own = self.candidates[one.who].iter_mut().find(|it| it.seat == seat);
                    own.unwrap().verdict = Verdict::Out(Reason::Tried);
                    self.begin(one.who, turn, now);
                }
                None => self.dispatch(one.who, now),
            }
        }
        if went == Went::Badly {
            self.dispatch(call, now);
        }
    }

    fn note_leader(&mut self, now: u64) {
        let leader = self.dispatcher.leader(0, self.ask.policy);
        let before = std::mem::replace(&mut self.leader, leader);
        let Some(before) = before.filter(|_| before != leader) else { return };
        let health = self.dispatcher.standing(before, Monotonic(now)).unwrap().health;
        if health == Health::Well {
            self.changes.push(now);
        }
    }

    fn plan(&mut self, at: u64, event: Event) {
        self.order += 1;
        self.events.push(Reverse(Due { at, order: self.order, event }));
    }

    /// A number from 0 up to this one, by xorshift.
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit
    }
}
