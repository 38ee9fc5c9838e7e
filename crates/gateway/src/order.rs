//! Calls in the order in which they came.
//!
//! A call takes a ticket when its request is there as a whole: one whose body still comes holds up
//! nobody. Its turn is when all tickets before it have passed, which they do when they are dropped: as the
//! request goes out, where only the order counts, or with the call's receipt, where one call follows upon
//! the other.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

/// Calls that stand one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Line {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the first one that has not passed.
    first: u64,
    /// That one, and all that took a ticket after it.
    places: VecDeque<Place>,
    /// How many of them have not passed.
    standing: usize,
}

#[derive(Debug)]
enum Place {
    /// It has not asked for its turn yet.
    Coming,
    /// It waits for its turn.
    Waiting(Waker),
    /// It needs no turn any more.
    Passed,
}

/// A place in a line. Whoever drops it lets the next one pass.
#[derive(Debug)]
pub(crate) struct Ticket {
    line: Arc<Line>,
    number: u64,
}

/// As many wait as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Line {
    /// The next ticket, if there are fewer than `most` before it.
    pub(crate) fn ticket(self: &Arc<Self>, most: usize) -> Result<Ticket, Full> {
        let mut state = self.state();
        if state.standing >= most {
            return Err(Full);
        }
        state.standing += 1;
        state.places.push_back(Place::Coming);
        let number = state.first + state.places.len() as u64 - 1;
        drop(state);
        Ok(Ticket { line: Arc::clone(self), number })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn place(&mut self, number: u64) -> Option<&mut Place> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.places.get_mut(at)
    }

    /// That one has passed. Gives who is to be woken: the first one, if it waits.
    fn pass(&mut self, number: u64) -> Option<Waker> {
        if let Some(place) = self.place(number) {
            *place = Place::Passed;
            self.standing = self.standing.saturating_sub(1);
        }
        while matches!(self.places.front(), Some(Place::Passed)) {
            self.places.pop_front();
            self.first += 1;
        }
        match self.places.front() {
            Some(Place::Waiting(waker)) => Some(waker.clone()),
            _ => None,
        }
    }
}

impl Ticket {
    /// Whether all before it have passed.
    pub(crate) fn is_next(&self) -> bool {
        self.line.state().first >= self.number
    }

    /// Waits until all before it have passed.
    pub(crate) async fn turn(&self) {
        poll_fn(|context| {
            let mut state = self.line.state();
            if state.first >= self.number {
                return Poll::Ready(());
            }
            if let Some(place) = state.place(self.number) {
                *place = Place::Waiting(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let next = self.line.state().pass(self.number);
        if let Some(waker) = next {
            waker.wake();
        }
    }
}

/// The lines of one account: one of all its calls, and one of each sequence that its callers name.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    all: Arc<Line>,
    sequences: Mutex<HashMap<String, Weak<Line>>>,
}

/// So many sequences may be forgotten late.
const IDLE: usize = 64;

impl Lines {
    /// The line of all calls.
    pub(crate) fn all(&self) -> &Arc<Line> {
        &self.all
    }

    /// The line of a sequence.
    pub(crate) fn sequence(&self, name: &str) -> Arc<Line> {
        let mut sequences = self.sequences.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = sequences.get(name).and_then(Weak::upgrade) {
            return line;
        }
        // Where most of them are over, all those are forgotten: there are at most as many as calls.
        if sequences.len() >= IDLE && sequences.len().is_power_of_two() {
            sequences.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::new(Line::default());
        sequences.insert(name.to_owned(), Arc::downgrade(&line));
        line
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    use super::*;

    fn is_next(ticket: &Ticket) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        pin!(ticket.turn()).as_mut().poll(&mut context).is_ready()
    }

    #[test]
    fn one_follows_upon_the_other_however_they_end() {
        let line = Arc::new(Line::default());
        let mut tickets: VecDeque<Ticket> = (0..4).map(|_| line.ticket(4).unwrap()).collect();
        assert_eq!(line.ticket(4).unwrap_err(), Full);
        let next = |tickets: &VecDeque<Ticket>| tickets.iter().map(is_next).collect::<Vec<_>>();
        assert_eq!(next(&tickets), [true, false, false, false]);
        // One in the midst leaves, and nobody is let pass by that.
        tickets.remove(1);
        assert_eq!(next(&tickets), [true, false, false]);
        tickets.pop_front();
        assert_eq!(next(&tickets), [true, false]);
        tickets.pop_front();
        tickets.pop_front();
        assert!(is_next(&line.ticket(4).unwrap()));
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let line = Arc::new(Line::default());
        let first = line.ticket(9).unwrap();
        let second = line.ticket(9).unwrap();
        let waiting = tokio::spawn(async move { second.turn().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
    }

    #[test]
    fn a_sequence_is_one_line_while_anybody_stands_in_it() {
        let lines = Lines::default();
        let ticket = lines.sequence("a").ticket(9).unwrap();
        assert!(!is_next(&lines.sequence("a").ticket(9).unwrap()));
        assert!(is_next(&lines.sequence("b").ticket(9).unwrap()));
        drop(ticket);
        for number in 0..1000 {
            let _ = lines.sequence(&number.to_string());
        }
        let kept = lines.sequences.lock().unwrap().len();
        assert!(kept <= 2 * IDLE, "{kept}");
    }
}
