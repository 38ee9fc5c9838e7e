//! What models thought before their calls, for callers that cannot keep it: by the call's id, of one
//! account, and only for the very model and provider that it came from.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use weighbridge_core::clock::Monotonic;
use weighbridge_core::id::AccountId;
use weighbridge_flavor::canon::Keepsake;

/// What an entry takes beside its text, in bytes, roughly.
const ENTRY: usize = 256;

/// Whose a keepsake is, and where it may go back to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) account: AccountId,
    pub(crate) provider: String,
    pub(crate) model: String,
}

/// See the module's words. It begins anew with the process.
#[derive(Debug)]
pub(crate) struct Keepsakes {
    /// `limits.keepsakes`, in bytes.
    most: usize,
    /// `limits.keepsake_time`.
    time: Duration,
    kept: Mutex<Kept>,
}

type Key = (Arc<Origin>, String);

#[derive(Debug, Default)]
struct Kept {
    of: HashMap<Key, (Monotonic, Keepsake)>,
    /// In the order they came.
    order: VecDeque<(Monotonic, Key)>,
    bytes: usize,
}

impl Keepsakes {
    pub(crate) fn new(most: usize, time: Duration) -> Self {
        Self { most, time, kept: Mutex::default() }
    }

    /// Keeps these. The oldest go when there is no room, or when their time is over.
    pub(crate) fn keep(&self, origin: Origin, keepsakes: Vec<Keepsake>, now: Monotonic) {
        if keepsakes.is_empty() {
            return;
        }
        let origin = Arc::new(origin);
        let mut kept = self.kept();
        for keepsake in keepsakes {
            let key = (Arc::clone(&origin), keepsake.call.clone());
            if kept.of.contains_key(&key) {
                kept.remove(&key);
                kept.order.retain(|(_, other)| *other != key);
            }
            kept.bytes += cost(&keepsake);
            kept.order.push_back((now, key.clone()));
            kept.of.insert(key, (now, keepsake));
        }
        while let Some((at, key)) = kept.order.front().cloned() {
            if kept.bytes <= self.most && !self.is_over(at, now) {
                break;
            }
            kept.order.pop_front();
            kept.remove(&key);
        }
    }

    /// What is kept of a call, for whoever it came from.
    pub(crate) fn find(
        &self,
        origin: &Arc<Origin>,
        call: &str,
        now: Monotonic,
    ) -> Option<Keepsake> {
        let kept = self.kept();
        let (at, keepsake) = kept.of.get(&(Arc::clone(origin), call.to_owned()))?;
        (!self.is_over(*at, now)).then(|| keepsake.clone())
    }

    fn is_over(&self, since: Monotonic, now: Monotonic) -> bool {
        Duration::from_micros(now.micros_since(since)) > self.time
    }

    /// Whether nothing is kept at all, which most gateways never do.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept().of.is_empty()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn remove(&mut self, key: &Key) {
        if let Some((_, keepsake)) = self.of.remove(key) {
            self.bytes = self.bytes.saturating_sub(cost(&keepsake));
        }
    }
}

fn cost(keepsake: &Keepsake) -> usize {
    keepsake.bytes() + ENTRY
}

#[cfg(test)]
mod tests {
    use weighbridge_flavor::canon::Reasoning;

    use super::*;

    fn origin(model: &str) -> Origin {
        let account = AccountId::from_bytes([1; 16]);
        Origin { account, provider: "desk".to_owned(), model: model.to_owned() }
    }

    fn keepsake(call: &str, bytes: usize) -> Keepsake {
        let thought = Reasoning { text: "a".repeat(bytes).into(), ..Reasoning::default() };
        Keepsake { call: call.to_owned(), thoughts: vec![thought], ..Keepsake::default() }
    }

    fn at(seconds: u64) -> Monotonic {
        Monotonic(seconds * 1_000_000)
    }

    #[test]
    fn only_the_model_it_came_from_gets_it_back_and_only_for_a_while() {
        let keepsakes = Keepsakes::new(1 << 20, Duration::from_secs(10));
        keepsakes.keep(origin("m"), vec![keepsake("c", 1)], at(0));
        let find = |model, call, now| keepsakes.find(&Arc::new(origin(model)), call, at(now));
        assert!(find("m", "c", 10).is_some());
        assert!(find("m", "d", 1).is_none() && find("n", "c", 1).is_none());
        assert!(find("m", "c", 11).is_none());
        keepsakes.keep(origin("m"), vec![keepsake("d", 1)], at(11));
        assert_eq!(keepsakes.kept().of.len(), 1);
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_oldest_goes_first() {
        let keepsakes = Keepsakes::new(3 * (ENTRY + 101), Duration::from_secs(10));
        for (now, call) in [(0, "a"), (1, "b"), (2, "a"), (3, "c"), (4, "d")] {
            keepsakes.keep(origin("m"), vec![keepsake(call, 100)], at(now));
        }
        let left = |call| keepsakes.find(&Arc::new(origin("m")), call, at(4)).is_some();
        assert!(!left("b") && left("a") && left("c") && left("d"));
        keepsakes.keep(origin("m"), vec![keepsake("huge", 1 << 20)], at(5));
        assert!(keepsakes.kept().of.is_empty() && keepsakes.kept().order.is_empty());
        assert_eq!(keepsakes.kept().bytes, 0);
    }
}
