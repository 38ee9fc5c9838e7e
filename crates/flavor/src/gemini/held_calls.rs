//! Calls that are collected until they are whole.

use std::borrow::Cow;

use super::contents::object_of;

/// The most that is kept of calls under way, in bytes: calls are only ever sent whole here.
const HELD_BYTES: usize = 8 * 1024 * 1024;

/// What a call counts beside its texts.
const CALL_BYTES: usize = 1024;

/// The calls of a stream that are not written yet, in the order they began; at most 8 MiB of them.
#[derive(Debug, Default)]
pub(super) struct HeldCalls {
    calls: Vec<HeldCall>,
    bytes: usize,
}

/// A call under way.
#[derive(Debug)]
pub(super) struct HeldCall {
    pub(super) choice: u32,
    pub(super) call: u32,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) signature: Option<String>,
    pub(super) arguments: String,
}

impl HeldCall {
    fn bytes(&self) -> usize {
        let signature = self.signature.as_ref().map_or(0, String::len);
        CALL_BYTES + self.id.len() + self.name.len() + signature + self.arguments.len()
    }

    /// Its arguments on one line, as a line of a stream needs them; nothing where they are no
    /// object. A line feed in JSON is never a part of a text.
    pub(super) fn args(&self) -> Option<Cow<'_, str>> {
        let object = object_of(&self.arguments)?;
        let is_split = object.contains(['\n', '\r']);
        Some(if is_split { object.replace(['\n', '\r'], " ").into() } else { object.into() })
    }
}

impl HeldCalls {
    /// Keeps a call; says whether there was room for it.
    #[must_use]
    pub(super) fn begin(&mut self, call: HeldCall) -> bool {
        let bytes = call.bytes();
        if self.bytes + bytes > HELD_BYTES {
            return false;
        }
        self.bytes += bytes;
        self.calls.push(call);
        true
    }

    /// Keeps the next of a call's arguments; says whether that could be done. A call that there
    /// is no room for is no longer kept. Space behind one that was taken out is nothing.
    #[must_use]
    pub(super) fn extend(&mut self, choice: u32, call: u32, piece: &str) -> bool {
        let is_it = |held: &HeldCall| held.choice == choice && held.call == call;
        let Some(at) = self.calls.iter().position(is_it) else {
            return piece.trim_ascii().is_empty();
        };
        if self.bytes + piece.len() > HELD_BYTES {
            self.bytes -= self.calls.remove(at).bytes();
            return false;
        }
        if let Some(held) = self.calls.get_mut(at) {
            self.bytes += piece.len();
            held.arguments.push_str(piece);
        }
        true
    }

    /// Takes the first call of an answer out, if it is whole for certain.
    pub(super) fn take_whole(&mut self, choice: u32) -> Option<HeldCall> {
        let at = self.calls.iter().position(|held| held.choice == choice)?;
        let first = self.calls.get(at)?;
        if first.arguments.is_empty() || first.args().is_none() {
            return None;
        }
        let call = self.calls.remove(at);
        self.bytes -= call.bytes();
        Some(call)
    }

    /// Takes all calls of an answer out.
    pub(super) fn take_all(&mut self, choice: u32) -> Vec<HeldCall> {
        let calls = std::mem::take(&mut self.calls).into_iter();
        let (taken, left): (Vec<_>, Vec<_>) = calls.partition(|held| held.choice == choice);
        self.calls = left;
        self.bytes -= taken.iter().map(HeldCall::bytes).sum::<usize>();
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(call: u32) -> HeldCall {
        let (id, name, arguments) = (String::new(), "f".to_owned(), String::new());
        HeldCall { choice: 0, call, id, name, signature: None, arguments }
    }

    #[test]
    fn what_is_kept_is_bounded_and_room_is_given_back() {
        let mut calls = HeldCalls::default();
        let half = "x".repeat(HELD_BYTES / 2);
        assert!(calls.begin(call(0)) && calls.begin(call(1)));
        assert!(calls.extend(0, 0, &half));
        assert!(!calls.extend(0, 0, &half));
        assert!(!calls.extend(0, 0, "}"));
        assert!(calls.extend(0, 1, "{}") && calls.extend(0, 0, " "));
        assert_eq!(calls.take_whole(0).map(|held| held.call), Some(1));
        assert_eq!(calls.bytes, 0);
        let room = (0..).take_while(|number| calls.begin(call(*number))).count();
        assert!(room <= HELD_BYTES / CALL_BYTES);
        assert_eq!((calls.take_all(0).len(), calls.bytes), (room, 0));
    }
}
