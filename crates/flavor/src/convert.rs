//! From one dialect to another: requests and whole replies. Streams take their [course](crate::course).

use crate::canon::{
    Block, Choice, Face, Keeper, Keepsake, Losses, Request, Target, ToolNames, Usage, put_back,
    take_out, unique,
};
use crate::dialect::{Dialect, Path};
use crate::json::{Misfit, Object};

/// A whole reply in the caller's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// Its bytes.
    pub body: Vec<u8>,
    /// What the provider says was used.
    pub usage: Option<Usage>,
    /// The bytes of its text: words, thoughts, refusals and arguments, unescaped.
    pub text_bytes: u64,
    /// What is to be kept for when its caller's tools have answered.
    pub kept: Vec<Keepsake>,
}

/// A request as its caller's dialect has it: read once, and written for as many providers as may
/// serve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// What is asked for, without state that only its provider can read.
    pub request: Request<'a>,
    /// What of it the canonical form does not hold.
    pub losses: Losses,
}

/// A request in the provider's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its bytes.
    pub body: Vec<u8>,
    /// What the caller calls its tools; a part of the [`Face`] of whatever is replied.
    pub names: ToolNames,
    /// All that could not be carried. Whether the call goes on with that is for others to say.
    pub losses: Losses,
}

impl<'a> Asked<'a> {
    /// Reads a request that a caller made in `from`.
    ///
    /// # Errors
    /// [`Misfit`] for what is no request.
    pub fn read(from: Dialect, body: &'a str, path: Path<'a>) -> Result<Self, Misfit> {
        let mut losses = Losses::default();
        let mut request = from.read_request(body, path, &mut losses)?;
        for turn in &mut request.turns {
            if take_out(&mut turn.blocks) {
                losses.dropped("messages[].signature", "state that only its provider can read");
            }
        }
        Ok(Self { request, losses })
    }

    /// Writes it as a provider takes it in `to`.
    pub fn write(&self, to: Dialect, target: &Target) -> Outgoing {
        Self::write_request(&self.request, to, target, self.losses.clone())
    }

    /// The same, with what its own model had thought before its calls, as far as that was kept for it.
    /// It has to be that very provider's: nobody else may see it.
    pub fn write_reminded(
        &self,
        to: Dialect,
        target: &Target,
        find: &dyn Fn(&str) -> Option<Keepsake>,
    ) -> Outgoing {
        let calls = self.request.turns.iter().flat_map(|turn| &turn.blocks);
        let is_kept = |block: &Block<'_>| match block {
            Block::ToolCall(call) => find(&call.id).is_some(),
            _ => false,
        };
        if !calls.into_iter().any(is_kept) {
            return self.write(to, target);
        }
        let mut request = self.request.clone();
        for turn in &mut request.turns {
            put_back(turn, find);
        }
        Self::write_request(&request, to, target, self.losses.clone())
    }

    fn write_request(
        request: &Request<'_>,
        to: Dialect,
        target: &Target,
        mut losses: Losses,
    ) -> Outgoing {
        let is_thought = |block: &Block<'_>| matches!(block, Block::Reasoning(_));
        let mut turns = request.turns.iter().flat_map(|turn| &turn.blocks);
        let spelled = matches!(to, Dialect::Chat | Dialect::AogChat);
        let body = if spelled && !target.thoughts && turns.any(is_thought) {
            losses.dropped("messages[].reasoning", "what was thought is not taken back there");
            let mut without = request.clone();
            for turn in &mut without.turns {
                turn.blocks.retain(|block| !is_thought(block));
            }
            to.write_request(&without, target, &mut losses)
        } else {
            to.write_request(request, target, &mut losses)
        };
        Outgoing { body, names: ToolNames::of(&request.tools), losses }
    }
}

/// Writes a whole reply that a provider made in `from` as the caller takes it in `to`.
///
/// # Errors
/// [`Misfit`] for what is no reply.
pub fn reply(from: Dialect, to: Dialect, body: &str, face: &Face) -> Result<Converted, Misfit> {
    let mut reply = from.read_reply(body)?;
    let mut keeper = Keeper::default();
    for (index, choice) in reply.choices.iter_mut().enumerate() {
        for block in &mut choice.blocks {
            if let Block::ToolCall(call) = block {
                call.id = unique(std::mem::take(&mut call.id), face);
            }
        }
        if index == 0 {
            keeper.note_blocks(&choice.blocks);
        }
        take_out(&mut choice.blocks);
    }
    let text_bytes = reply.choices.iter().map(text_bytes).sum();
    let body = to.write_reply(&reply, face);
    Ok(Converted { body, usage: reply.usage, text_bytes, kept: keeper.take() })
}

/// What a whole reply is metered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// What the provider says was used.
    pub usage: Option<Usage>,
    /// The bytes of its text.
    pub text_bytes: u64,
}

/// Reads what a whole reply is metered by that goes on as it came. One that is JSON and holds what
/// nobody here knows says nothing.
///
/// # Errors
/// [`Misfit`] for what is no JSON object.
pub fn weigh(dialect: Dialect, body: &str) -> Result<Said, Misfit> {
    let Ok(reply) = dialect.read_reply(body) else {
        Object::parse(body)?;
        if dialect.read_failure(body).is_some() {
            return Err(Misfit::new("an error stands in the place of the answer"));
        }
        return Ok(Said { usage: None, text_bytes: u64::try_from(body.len()).unwrap_or(u64::MAX) });
    };
    Ok(Said { usage: reply.usage, text_bytes: reply.choices.iter().map(text_bytes).sum() })
}

fn text_bytes(choice: &Choice<'_>) -> u64 {
    let bytes = |block: &Block<'_>| match block {
        Block::Text(text) | Block::Refusal(text) => text.len(),
        Block::Reasoning(thought) => thought.text.len(),
        Block::ToolCall(call) => call.arguments.len(),
        Block::Image(_) | Block::Audio(_) | Block::File(_) | Block::ToolResult(_) => 0,
    };
    choice.blocks.iter().map(|block| u64::try_from(bytes(block)).unwrap_or(u64::MAX)).sum()
}
