//! Which of a stream's choices have come to their end.

use crate::json::{self, Document, Kind, Member};

/// More choices than any request may ask for; those beyond are taken for the last of these.
const CHOICES: u64 = 128;

/// The choices that were seen to start and to finish.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    opened: u128,
    finished: u128,
    reason: Option<String>,
}

impl Progress {
    /// Takes note of the choices of one chunk.
    pub(super) fn read(&mut self, chunk: &Document) {
        let Some(choices) = chunk.member("choices") else { return };
        if choices.kind != Kind::Array || choices.empty {
            return;
        }
        let mut named = false;
        for index in chunk.found("choices[].index") {
            named = true;
            self.opened |= bit(json::whole(index.value.raw).unwrap_or_default());
        }
        for reason in chunk.found("choices[].finish_reason") {
            let of_same = |index: &json::Found<'_>| index.element == reason.element;
            let index = chunk.found("choices[].index").find(of_same);
            let index = match index {
                Some(index) => json::whole(index.value.raw).unwrap_or_default(),
                None => u64::try_from(reason.element).unwrap_or(CHOICES),
            };
            named = true;
            self.opened |= bit(index);
            if is_reason(&reason.value) {
                self.finished |= bit(index);
                self.reason.get_or_insert_with(|| reason_text(&reason.value));
            }
        }
        if !named {
            self.opened |= bit(0);
        }
    }

    /// Whether every choice that started has finished, and one has at least.
    pub(super) fn is_finished(&self) -> bool {
        self.finished != 0 && self.finished == self.opened
    }

    /// The first reason that was given.
    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// Whether a `finish_reason` says that the choice is finished. Some servers write an empty text
/// where others write null.
pub(super) fn is_reason(value: &Member<'_>) -> bool {
    value.kind == Kind::String && value.raw != b"\"\""
}

/// The reason's text; empty if it is too long to be one.
pub(super) fn reason_text(value: &Member<'_>) -> String {
    json::text(value.raw).unwrap_or_default()
}

fn bit(index: u64) -> u128 {
    1 << index.min(CHOICES - 1)
}
