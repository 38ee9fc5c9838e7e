//! What a model thought before it asked for a tool, kept for callers that cannot keep it.
//!
//! Providers want a thought back, signed as it was and in its place, when the tool has answered.
//! Most callers have no field for that. They do have the call's id, and that finds it again.

use super::{Block, Event, Reasoning, Turn, is_of_one_call};

/// The most bytes of one reply's thoughts that are kept. Of more than that none is.
const MOST: usize = 1 << 20;

/// What a model thought before one of its calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keepsake {
    /// The call, by the id that the caller knows.
    pub call: String,
    /// The thoughts.
    pub thoughts: Vec<Reasoning<'static>>,
    /// How many other blocks stood between them and the call before, or the turn's start.
    pub after: usize,
    /// What proves the thought behind it, where that stands on the call itself.
    pub signature: Option<String>,
}

impl Keepsake {
    /// The memory that it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let of = |text: &Option<super::Text<'_>>| text.as_ref().map_or(0, |text| text.len());
        let thought = |it: &Reasoning<'_>| it.text.len() + of(&it.signature) + of(&it.sealed);
        self.call.len()
            + self.signature.as_ref().map_or(0, String::len)
            + self.thoughts.iter().map(thought).sum::<usize>()
    }
}

/// Gathers what is to be kept of a reply.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    /// The reply's own name.
    reply: String,
    kept: Vec<Keepsake>,
    next: Keepsake,
    /// Blocks of the turn since its start or its last call.
    others: usize,
    /// Words of a thought that goes on.
    open: String,
    is_in_text: bool,
    bytes: usize,
}

impl Keeper {
    /// Of the reply that goes by this name.
    pub(crate) fn of(reply: &str) -> Self {
        Self { reply: reply.to_owned(), ..Self::default() }
    }

    /// Notes what happens in a stream; of the first answer, for only that one can be gone on with.
    pub(crate) fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Reasoning { choice: 0, piece } => {
                self.is_in_text = false;
                if self.grow(piece.len()) {
                    self.open.push_str(piece);
                }
            }
            Event::Signature { choice: 0, signature } => {
                let text = std::mem::take(&mut self.open).into();
                let signature = Some(signature.clone().into_owned().into());
                self.think(Reasoning { text, signature, sealed: None });
            }
            Event::Sealed { choice: 0, sealed } => {
                self.close();
                let sealed = Some(sealed.clone().into_owned().into());
                self.think(Reasoning { sealed, ..Reasoning::default() });
            }
            Event::Text { choice: 0, .. } | Event::Refusal { choice: 0, .. } => {
                self.close();
                if !std::mem::replace(&mut self.is_in_text, true) {
                    self.others += 1;
                }
            }
            Event::CallStart { choice: 0, id, name, signature, .. } => {
                self.call(id, name, signature.as_deref());
            }
            _ => {}
        }
    }

    /// Notes the blocks of a whole reply.
    pub(crate) fn note_blocks(&mut self, blocks: &[Block<'_>]) {
        for block in blocks {
            match block {
                Block::Reasoning(thought) => {
                    let owned = |text: &super::Text<'_>| super::Text::Owned(text.to_string());
                    self.think(Reasoning {
                        text: owned(&thought.text),
                        signature: thought.signature.as_ref().map(owned),
                        sealed: thought.sealed.as_ref().map(owned),
                    });
                }
                Block::ToolCall(call) => {
                    self.call(&call.id, &call.name, call.signature.as_deref());
                }
                _ => self.others += 1,
            }
        }
    }

    /// What is to be kept; nothing of a reply that thought without end.
    pub(crate) fn take(&mut self) -> Vec<Keepsake> {
        let kept = std::mem::take(&mut self.kept);
        if self.bytes > MOST { Vec::new() } else { kept }
    }

    fn grow(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes <= MOST
    }

    /// A thought whose words have come, and no signature.
    fn close(&mut self) {
        if !self.open.is_empty() {
            let text = std::mem::take(&mut self.open).into();
            self.think(Reasoning { text, ..Reasoning::default() });
        }
    }

    fn think(&mut self, thought: Reasoning<'static>) {
        let opaque = |text: &Option<super::Text<'_>>| text.as_ref().map_or(0, |text| text.len());
        if self.grow(opaque(&thought.signature) + opaque(&thought.sealed)) {
            if self.next.thoughts.is_empty() {
                self.next.after = self.others;
            }
            self.next.thoughts.push(thought);
        }
    }

    /// Of a call whose id another conversation may have, too, nothing is kept.
    fn call(&mut self, id: &str, tool: &str, signature: Option<&str>) {
        self.close();
        self.is_in_text = false;
        self.others = 0;
        let mut keepsake = std::mem::take(&mut self.next);
        let fits = self.grow(signature.map_or(0, str::len));
        keepsake.signature = signature.filter(|_| fits).map(str::to_owned);
        let is_any = !keepsake.thoughts.is_empty() || keepsake.signature.is_some();
        if is_any && is_of_one_call(id, tool, &self.reply) {
            keepsake.call = id.to_owned();
            self.kept.push(keepsake);
        }
    }
}

/// Puts what was kept back into a turn, each thought before its call and in its place. What the caller
/// itself has kept of it goes, for that is the same in other words. Whether anything was put back.
pub(crate) fn put_back(turn: &mut Turn<'_>, find: &dyn Fn(&str) -> Option<Keepsake>) -> bool {
    let is_called = |block: &Block<'_>| matches!(block, Block::ToolCall(_));
    if !turn.blocks.iter().any(is_called) {
        return false;
    }
    let mut any = false;
    let mut blocks = Vec::with_capacity(turn.blocks.len() + 1);
    let mut start = 0;
    for block in turn.blocks.drain(..) {
        let Block::ToolCall(mut call) = block else {
            blocks.push(block);
            continue;
        };
        if let Some(keepsake) = find(&call.id) {
            any = true;
            let since = blocks.split_off(start);
            let mut others = since.into_iter().filter(|it| !matches!(it, Block::Reasoning(_)));
            blocks.extend(others.by_ref().take(keepsake.after));
            blocks.extend(keepsake.thoughts.into_iter().map(Block::Reasoning));
            blocks.extend(others);
            call.signature = keepsake.signature.map(Into::into).or(call.signature);
        }
        blocks.push(Block::ToolCall(call));
        start = blocks.len();
    }
    turn.blocks = blocks;
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::{Role, ToolCall};

    fn call(id: &str) -> Block<'static> {
        Block::ToolCall(ToolCall {
            id: id.to_owned().into(),
            name: "weigh".into(),
            arguments: "{}".into(),
            signature: None,
        })
    }

    fn thought(text: &str, signature: Option<&str>) -> Block<'static> {
        Block::Reasoning(Reasoning {
            text: text.to_owned().into(),
            signature: signature.map(|it| it.to_owned().into()),
            sealed: None,
        })
    }

    fn text(words: &str) -> Block<'static> {
        Block::Text(words.to_owned().into())
    }

    fn kept(blocks: &[Block<'_>]) -> Vec<Keepsake> {
        let mut keeper = Keeper::of("r-");
        keeper.note_blocks(blocks);
        keeper.take()
    }

    fn back(blocks: Vec<Block<'static>>, kept: &[Keepsake]) -> Vec<Block<'static>> {
        let mut turn = Turn { role: Role::Assistant, blocks };
        put_back(&mut turn, &|id| kept.iter().find(|it| it.call == id).cloned());
        turn.blocks
    }

    #[test]
    fn thoughts_come_back_to_their_places() {
        let said = vec![
            thought("a", Some("1")),
            thought("", Some("2")),
            text("first"),
            call("r-x"),
            text("then"),
            thought("b", Some("3")),
            call("r-y"),
            call("r-z"),
        ];
        let kept = kept(&said);
        assert_eq!(kept.len(), 2);
        let bare = vec![text("first"), call("r-x"), text("then"), call("r-y"), call("r-z")];
        assert_eq!(back(bare, &kept), said);
        let with_words = vec![
            thought("a", None),
            text("first"),
            call("r-x"),
            text("then"),
            thought("b", None),
            call("r-y"),
            call("r-z"),
        ];
        assert_eq!(back(with_words, &kept), said);
    }

    #[test]
    fn a_stream_is_kept_as_its_whole_reply_is() {
        let mut keeper = Keeper::of("r-");
        for event in [
            Event::Reasoning { choice: 0, piece: "a".into() },
            Event::Reasoning { choice: 0, piece: "b".into() },
            Event::Signature { choice: 0, signature: "1".into() },
            Event::Sealed { choice: 0, sealed: "s".into() },
            Event::Text { choice: 0, piece: "first".into() },
            Event::Text { choice: 0, piece: " words".into() },
            Event::Reasoning { choice: 1, piece: "not this".into() },
            Event::CallStart {
                choice: 0,
                call: 0,
                id: "r-x".into(),
                name: "weigh".into(),
                signature: Some("on it".into()),
            },
        ] {
            keeper.note(&event);
        }
        let sealed = Reasoning { sealed: Some("s".into()), ..Reasoning::default() };
        let thoughts = vec![
            Reasoning { text: "ab".into(), signature: Some("1".into()), sealed: None },
            sealed,
        ];
        let signature = Some("on it".to_owned());
        assert_eq!(keeper.take(), [Keepsake { call: "r-x".into(), thoughts, after: 0, signature }]);
    }

    #[test]
    fn a_reply_that_thinks_without_end_leaves_nothing() {
        let long = thought(&"a".repeat(10), Some(&"s".repeat(MOST + 1)));
        assert_eq!(kept(&[long, call("r-x")]), []);
        assert_eq!(kept(&[text("a"), call("r-x")]), []);
    }

    #[test]
    fn of_a_call_that_is_only_counted_nothing_is_kept() {
        assert_eq!(kept(&[thought("a", Some("1")), call("functions.weigh:0")]), []);
    }
}
