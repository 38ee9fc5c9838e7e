//! From one dialect to another: requests and whole replies. Streams take their [course](crate::course).

use crate::canon::{Block, Choice, Face, Losses, Target, ToolNames, Usage, take_out, unique};
use crate::dialect::{Dialect, Path};
use crate::json::Misfit;

/// A whole reply in the caller's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// Its bytes.
    pub body: Vec<u8>,
    /// What the provider says was used.
    pub usage: Option<Usage>,
    /// The bytes of its text: words, thoughts, refusals and arguments, unescaped.
    pub text_bytes: u64,
}

/// A request in the provider's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its bytes.
    pub body: Vec<u8>,
    /// What the caller calls its tools; a part of the [`Face`] of whatever is replied.
    pub names: ToolNames,
}

/// Writes a request that a caller made in `from` as a provider takes it in `to`. What cannot be
/// carried is named in `losses`; whether the call goes on with that is for the caller to say.
///
/// # Errors
/// [`Misfit`] for what is no request.
pub fn request(
    from: Dialect,
    to: Dialect,
    (body, path): (&str, Path<'_>),
    target: &Target,
    losses: &mut Losses,
) -> Result<Outgoing, Misfit> {
    let mut request = from.read_request(body, path, losses)?;
    for turn in &mut request.turns {
        if take_out(&mut turn.blocks) {
            losses.dropped("messages[].signature", "state that only its provider can read");
        }
    }
    let body = to.write_request(&request, target, losses);
    Ok(Outgoing { body, names: ToolNames::of(&request.tools) })
}

/// Writes a whole reply that a provider made in `from` as the caller takes it in `to`.
///
/// # Errors
/// [`Misfit`] for what is no reply.
pub fn reply(from: Dialect, to: Dialect, body: &str, face: &Face) -> Result<Converted, Misfit> {
    let mut reply = from.read_reply(body)?;
    for choice in &mut reply.choices {
        take_out(&mut choice.blocks);
        for block in &mut choice.blocks {
            if let Block::ToolCall(call) = block {
                call.id = unique(std::mem::take(&mut call.id), face);
            }
        }
    }
    let text_bytes = reply.choices.iter().map(text_bytes).sum();
    Ok(Converted { body: to.write_reply(&reply, face), usage: reply.usage, text_bytes })
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
