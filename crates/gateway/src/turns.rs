//! Places at providers: who has one, and who waits for one.
//!
//! The rules are `core::routing`'s; here is the lock around them, and what wakes those who wait.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;
use weighbridge_core::clock::{Clock, Monotonic};
use weighbridge_core::directory::{Directory, Location, Provider, Seat};
use weighbridge_core::routing::{
    Ask, Candidate, Dispatcher, Found, Health, Load, Post, Rules, Standing, Turn, Went, Woken,
};

use crate::order;

/// What a waiting call is woken with: its place, or nothing where it has to look anew.
type Wake = oneshot::Sender<Option<Turn>>;

/// See the module's words.
pub(crate) struct Turns {
    dispatcher: Mutex<Dispatcher<Wake>>,
    clock: Arc<dyn Clock>,
}

/// No place was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// Nobody is left who may be asked.
    Nobody,
    /// None became free in time.
    Late,
}

impl Turns {
    /// Nobody is there yet.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { dispatcher: Mutex::default(), clock }
    }

    /// Takes in who is there now; of those who are mended nothing is known.
    pub(crate) fn settle(
        &self,
        directory: &Directory,
        rules: Rules,
        is_mended: impl Fn(&Provider) -> bool,
    ) {
        let post = |(number, provider): &(u32, Arc<Provider>)| {
            let post = Post {
                here: provider.location == Location::Local && provider.is_here(),
                concurrency: provider.concurrency,
                is_mended: is_mended(provider),
            };
            (*number, post)
        };
        let posts: Vec<(u32, Post)> = directory.providers().iter().map(post).collect();
        let numbers = (directory.pairs(), directory.groups());
        let woken = self.dispatcher().settle(rules, &posts, numbers, self.now());
        self.wake(woken);
    }

    /// Puts candidates into their order, without taking a place.
    pub(crate) fn rank(&self, ask: Ask, candidates: &mut [Candidate], now: Monotonic) {
        self.dispatcher().rank(ask, candidates, now);
    }

    /// How long the first of those who want no calls now is to be left alone, in microseconds.
    pub(crate) fn waits(&self, candidates: &[Candidate]) -> Option<u64> {
        self.dispatcher().waits(candidates, self.now())
    }

    /// Whether a call may wait for a place at any of them.
    pub(crate) fn may_wait(&self, candidates: &[Candidate]) -> bool {
        self.dispatcher().may_wait(candidates)
    }

    /// How a provider stands.
    pub(crate) fn standing(&self, provider: u32) -> Option<Standing> {
        self.dispatcher().standing(provider, self.now())
    }

    /// How long a reply of a model takes to begin, in microseconds.
    pub(crate) fn latency(&self, seat: Seat, streams: bool) -> Option<u64> {
        self.dispatcher().latency(seat, streams)
    }

    /// How much of this machine is in use.
    pub(crate) fn measured(&self, load: Load) {
        self.dispatcher().measured(load, self.now());
    }

    /// What was measured last.
    pub(crate) fn load(&self) -> Load {
        self.dispatcher().load()
    }

    /// Takes a place at the best candidate that has one, and waits for one where calls may wait. Who
    /// waits stands in line there, and those behind it may go on.
    pub(crate) async fn take(
        &self,
        ask: Ask,
        candidates: &mut [Candidate],
        until: Instant,
        arrival: &mut Option<order::Ticket>,
    ) -> Result<(Seat, Turn), NoTurn> {
        loop {
            let waiting = {
                let mut dispatcher = self.dispatcher();
                match dispatcher.take(ask, candidates, self.now()) {
                    Found::Turn(_, turn) => return Ok((turn.seat(), turn)),
                    Found::Nobody => return Err(NoTurn::Nobody),
                    Found::Full => {
                        let (wake, woken) = oneshot::channel();
                        let Ok(ticket) = dispatcher.wait(ask, candidates, wake) else {
                            return Err(NoTurn::Nobody);
                        };
                        Waiting { turns: self, ticket, woken }
                    }
                }
            };
            drop(arrival.take());
            if let Some(turn) = Box::pin(waiting.turn(until)).await? {
                return Ok((turn.seat(), turn));
            }
        }
    }

    /// The reply of an exchange has begun. Gives how the provider is from now on, where that is new.
    pub(crate) fn answered(
        &self,
        turn: &Turn,
        streams: bool,
        micros: u64,
        now: Monotonic,
    ) -> Option<Health> {
        let mut dispatcher = self.dispatcher();
        let before = health(&dispatcher, turn.seat(), now);
        dispatcher.answered(turn, streams, micros, now);
        health(&dispatcher, turn.seat(), now).filter(|after| Some(*after) != before)
    }

    /// An exchange is over: whoever waits for its place gets it. Gives how the provider is from now on,
    /// where that is new.
    pub(crate) fn ended(&self, turn: Turn, went: Went) -> Option<Health> {
        let seat = turn.seat();
        let (woken, change) = {
            let (mut dispatcher, now) = (self.dispatcher(), self.now());
            let before = health(&dispatcher, seat, now);
            let woken = dispatcher.ended(turn, went, now);
            let after = health(&dispatcher, seat, now);
            (woken, after.filter(|after| Some(*after) != before))
        };
        self.wake(woken);
        change
    }

    fn wake(&self, woken: Vec<Woken<Wake>>) {
        let mut woken = VecDeque::from(woken);
        while let Some(Woken { who, turn }) = woken.pop_front() {
            // One who left in the same moment does not need it.
            if let Err(Some(turn)) = who.send(turn) {
                woken.extend(self.dispatcher().ended(turn, Went::Unknown, self.now()));
            }
        }
    }

    pub(crate) fn now(&self) -> Monotonic {
        self.clock.now().steady
    }

    fn dispatcher(&self) -> MutexGuard<'_, Dispatcher<Wake>> {
        self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn health(dispatcher: &Dispatcher<Wake>, seat: Seat, now: Monotonic) -> Option<Health> {
    dispatcher.standing(seat.provider, now).map(|standing| standing.health)
}

/// A call that waits. When it is dropped it leaves, and gives back what it was given in that moment.
struct Waiting<'a> {
    turns: &'a Turns,
    ticket: u64,
    woken: oneshot::Receiver<Option<Turn>>,
}

impl Waiting<'_> {
    async fn turn(mut self, until: Instant) -> Result<Option<Turn>, NoTurn> {
        match tokio::time::timeout_at(until, &mut self.woken).await {
            Ok(woken) => Ok(woken.unwrap_or(None)),
            Err(_) => Err(NoTurn::Late),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.turns.dispatcher().leave(self.ticket);
        self.woken.close();
        if let Ok(Some(turn)) = self.woken.try_recv() {
            self.turns.ended(turn, Went::Unknown);
        }
    }
}
